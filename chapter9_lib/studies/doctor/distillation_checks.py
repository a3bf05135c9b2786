"""A teacher that is in no state to teach, and losses that don't listen."""

import inspect
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from chapter9_lib.models.freezing import is_held, keeps_statistics
from chapter9_lib.studies.doctor.case import Case, Irrelevant, Unknown, some
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding

__all__: list[str] = []

SHRUNK = 0.3
"""What is left of the soft part's gradient when the temperature goes from 1 to 8; with T² all of it is."""
_NAMES = ("temperature", "T", "tau", "temp")
_HOT, _ROWS = 8.0, 64


@checks("the teacher")
def teacher(case: Case) -> Iterator[Finding]:
    if case.teacher is None:
        raise Irrelevant
    awake = [name for name, module in case.teacher.named_modules() if case.teacher_modes[name] and _minds(module)]
    if awake:
        yield Finding(
            "teacher-in-training-mode", ERROR, some(awake),
            "norms and dropout of the teacher are in training mode: its answers change with the batch, and its norm "
            "statistics move",
            "teacher.eval()  # and no teacher.train() after it",
        )  # fmt: skip
    own = {id(p): name for name, p in case.teacher.named_parameters()}
    held = [own[i] for i in case.held if i in own]
    if held:
        yield Finding(
            "teacher-is-trained", ERROR, some(held), f"the optimizer holds {len(held)} tensors of the teacher",
            "optimizer = torch.optim.AdamW(student.parameters(), ...)  # and torch.no_grad() around the teacher",
        )  # fmt: skip


@checks("the distillation loss")
def loss(case: Case) -> Iterator[Finding]:
    if case.soft_loss is None:
        raise Irrelevant
    heard = _Heard(case.soft_loss, case.outputs)
    if not heard.teacher():
        yield Finding(
            "teacher-unheard", ERROR, "the loss", "other scores of the teacher change nothing in the gradient",
            "distillation_loss(student_scores, teacher_scores, labels)  # not the student's twice",
        )  # fmt: skip
        return
    if heard.backwards():
        yield Finding(
            "teacher-gets-gradient", NOTE, "the loss", "a gradient flows back into the teacher's scores, unless he is "
            "asked under torch.no_grad()", "with torch.no_grad(): teacher_scores = teacher(photos)",
        )  # fmt: skip
    left = heard.left_when_hot()
    if left is not None and left < SHRUNK:
        yield Finding(
            "temperature-unscaled", WARNING, f"temperature {_HOT:g}",
            f"of the gradient that the teacher's answers cause at temperature 1, {left:.0%} is left: the soft part "
            "shrinks with 1 / T²",
            "soft = soft * temperature**2",
        )  # fmt: skip


class _Heard:
    """A loss, tried on made-up scores that are near each other, so that every softmax is nearly linear."""

    def __init__(self, soft_loss: Callable[..., Tensor], classes: int) -> None:
        dice = torch.Generator().manual_seed(0)
        self.loss = soft_loss
        self.student, self.one, self.other = (0.3 * torch.randn(_ROWS, classes, generator=dice) for _ in range(3))
        self.labels = torch.randint(classes, (_ROWS,), generator=dice)
        self.knob = _knob(soft_loss)

    def teacher(self) -> bool:
        """Whether another teacher would make another student."""
        pull = self._pull()
        return float(pull.norm()) > 1e-6 * float(self._gradient(self.one).norm() + 1e-12)

    def backwards(self) -> bool:
        """Whether the loss would train a teacher whose scores still have their gradient."""
        said = self.one.clone().requires_grad_(True)
        with torch.enable_grad():
            value = self._value(self.student.clone().requires_grad_(True), said)
        (slope,) = torch.autograd.grad(value, [said], allow_unused=True)
        return slope is not None and bool(slope.abs().max() > 0)

    def left_when_hot(self) -> float | None:
        """How much of the teacher's pull is left at a high temperature; None where the loss has no such knob."""
        if self.knob is None:
            return None
        cold, hot = (float(self._pull(**{self.knob: value}).norm()) for value in (1.0, _HOT))
        return hot / max(cold, 1e-12)

    def _pull(self, **options: float) -> Tensor:
        """What the difference between two teachers makes of the student's gradient: the labels' part cancels."""
        return self._gradient(self.one, **options) - self._gradient(self.other, **options)

    def _gradient(self, said: Tensor, **options: float) -> Tensor:
        student = self.student.clone().requires_grad_(True)
        with torch.enable_grad():
            value = self._value(student, said, **options)
        (slope,) = torch.autograd.grad(value, [student], allow_unused=True)
        return torch.zeros_like(student) if slope is None else slope

    def _value(self, student: Tensor, said: Tensor, **options: float) -> Tensor:
        try:
            value = self.loss(student, said, self.labels, **options)
        except Exception as error:
            raise Unknown(f"the loss fails on scores [N, C], scores [N, C], labels [N]: {error}") from error
        if not isinstance(value, Tensor) or value.ndim or not value.requires_grad:
            raise Unknown("the loss gives no number that has a gradient")
        return value


def _minds(module: nn.Module) -> bool:
    """Whether a module would answer otherwise in training mode."""
    drops = any(word in type(module).__name__.lower() for word in ("drop", "stochasticdepth"))
    share = getattr(module, "p", getattr(module, "drop_prob", 0)) if drops else 0
    dropping = isinstance(share, float | int) and share > 0
    return (dropping or keeps_statistics(module)) and not is_held(module)


def _knob(soft_loss: Callable[..., Tensor]) -> str | None:
    try:
        taken = inspect.signature(soft_loss).parameters
    except (TypeError, ValueError):
        return None
    return next((name for name in _NAMES if name in taken), None)
