"""What the curves of a training say."""

from collections.abc import Iterator

from chapter9_lib.studies.doctor.case import Case, Irrelevant, Unknown
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import WARNING, Finding
from chapter9_lib.training.history import History

__all__: list[str] = []

RISE, GAP, FALL = 1.25, 0.15, 0.08
"""Validation loss against its best from which on it has risen; training minus validation accuracy; accuracy lost when
a phase begins and not won back."""
BLIND, SURE = 0.55, 0.97
"""Domains told apart at best, and at the end."""
_PATIENCE, ALREADY = 3, 0.6
"""Epochs; and the accuracy in training from which on there was little left to learn."""


@checks("overfitting")
def overfitting(case: Case) -> Iterator[Finding]:
    history = _of(case)
    if history.best_epoch is not None:
        raise Unknown("the best epoch's weights were put back")
    if len(history.val_loss) <= _PATIENCE:
        raise Unknown("no validation photos were scored while it was trained, or for too few epochs")
    best = min(range(len(history)), key=lambda epoch: history.val_loss[epoch])
    risen = history.val_loss[-1] > RISE * history.val_loss[best] and history.loss[-1] < history.loss[best]
    gap = history.accuracy[-1] - history.val_accuracy[-1]
    if risen and gap > GAP and len(history) - 1 - best >= _PATIENCE:
        yield Finding(
            "overfitting", WARNING, f"since epoch {best + 1}",
            f"validation loss has risen from {history.val_loss[best]:.2f} to {history.val_loss[-1]:.2f} while training "
            f"loss fell to {history.loss[-1]:.2f}; accuracy {history.accuracy[-1]:.0%} in training, "
            f"{history.val_accuracy[-1]:.0%} in validation",
            "fine_tune(model, train, val, patience=3)  # and more augmentation, or fewer thawed stages",
        )  # fmt: skip


@checks("forgetting when a phase begins")
def forgetting(case: Case) -> Iterator[Finding]:
    history = _of(case)
    if not history.val_accuracy:
        raise Unknown("no validation photos were scored while it was trained")
    held = len(history) - 1 if history.best_epoch is None else history.best_epoch  # later phases were undone
    for start in (at for at in range(1, held + 1) if history.phase[at] != history.phase[at - 1]):
        end = max(at for at in range(start, held + 1) if history.phase[at] == history.phase[start])
        kept = [end] if history.best_epoch is None else [end, held]
        before, after = history.val_accuracy[start - 1], max(history.val_accuracy[at] for at in kept)
        if before - after > FALL:
            yield Finding(
                "forgot-when-thawed", WARNING, f"phase {history.phase[start] + 1}",
                f"validation accuracy fell from {before:.0%} to {after:.0%} after this phase began",
                "Phase(until, epochs, head_lr / 10, layer_decay)  # a tenth of the rate for that phase",
            )  # fmt: skip


@checks("whether anything was learned")
def learned(case: Case) -> Iterator[Finding]:
    history = _of(case)
    flat = len(history) > _PATIENCE and history.loss[-1] > 0.97 * history.loss[0]
    if flat and history.accuracy[-1] < ALREADY:
        yield Finding(
            "nothing-learned", WARNING, f"{len(history)} epochs",
            f"training loss was {history.loss[0]:.2f} in the first epoch and {history.loss[-1]:.2f} in the last",
            "learning_rate_finder(model, train)  # once no finding above explains it",
        )  # fmt: skip


@checks("the domain classifier")
def domains(case: Case) -> Iterator[Finding]:
    if case.history is None or not case.history.domain_accuracy:
        raise Irrelevant
    told = case.history.domain_accuracy
    if len(told) >= _PATIENCE and max(told) < BLIND:
        yield Finding(
            "domain-classifier-blind", WARNING, f"{len(told)} epochs",
            f"it never told the domains apart better than {max(told):.0%}: what the features learn from it is noise",
            "adapt(model, source, target, 'dann', strength=0.3)  # a lower strength, or more epochs",
        )  # fmt: skip
    if len(told) >= _PATIENCE and told[-1] > SURE:
        yield Finding(
            "domain-classifier-wins", WARNING, f"{len(told)} epochs",
            f"it still tells {told[-1]:.0%} of the photos' domains at the end: the features have not come together",
            "adapt(model, source, target, 'dann', until='layer3')  # an earlier stage thawed, or a higher strength",
        )  # fmt: skip


def _of(case: Case) -> History:
    if case.history is None or not len(case.history):
        raise Unknown("no history was handed in")
    return case.history
