"""What a run's owner should do next, from what the run has shown."""

import numpy as np

from chapter9_lib.pipeline.borrowing import BUNDLED
from chapter9_lib.pipeline.fitting import Fitted

__all__ = ["next_steps"]

_WIDE, _GAP, _OFTEN = 0.1, 0.15, 0.15


def next_steps(fitted: Fitted) -> list[str]:
    """Advice in sentences, the weightiest first; never empty.

    Args:
        fitted: the run.
    """
    looks = (_leaks, _serious, _confused, _weak_classes, _wide, _overfitted)
    found = [step for look in looks for step in look(fitted)]
    if fitted.network == BUNDLED:
        found.append("Borrow a network that was trained on real photos: --network timm/mobilenetv2_100")
    if fitted.grouping.unit == "photo":
        found.append(
            "Say which photos were taken together, by a folder for each burst or a column of a table: otherwise the "
            "test may ask for what was seen a second before"
        )
    elif fitted.split.by != "camera":
        found.append("Say which camera took which photo, by a folder each or a column: the test may know the places")
    return found or [
        "Try it on photos of another season or place before you rely on it: predict, and look at a hundred"
    ]


def _leaks(fitted: Fitted) -> list[str]:
    leaks = fitted.split.leaks
    return [f"Split anew: {leaks} validation and test photos are of bursts that are in another part as well, or nearly "
            "the same pictures, so that this score can't be believed"] if leaks else []  # fmt: skip


def _serious(fitted: Fitted) -> list[str]:
    return [
        f"Look at what the doctor calls {finding.code}: {finding.evidence}. Remedy: {finding.remedy}"
        for finding in fitted.before.findings if finding.severity == "error"
    ]  # fmt: skip


def _confused(fitted: Fitted) -> list[str]:
    table = fitted.test.confusion.astype(float)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    truth, said = np.unravel_index(shares.argmax(), shares.shape)
    if shares[truth, said] < _OFTEN or table[truth, said] < 3:
        return []
    names = fitted.test.classes
    return [
        f"{shares[truth, said]:.0%} of {names[truth]} are taken for {names[said]}: look at those photos, their labels "
        "first; then get more photos of both that look alike"
    ]


def _weak_classes(fitted: Fitted) -> list[str]:
    counts, found = fitted.learned_from.counts(), fitted.test.per_class
    weak = [name for name, share in found.items() if share < fitted.test.accuracy - _GAP and counts[name] < 100]
    few = ", ".join(f"{name} (named right {found[name]:.0%}, {counts[name]} photos to train on)" for name in weak[:4])
    return [f"Get more photos, of other days and places, of {few}"] if weak else []


def _wide(fitted: Fitted) -> list[str]:
    units, by = len(set(fitted.split.test.groups)), fitted.split.by
    if units == 1 and by != "photo":
        return [f"The test is of one {by}, which gives no interval: get photos of several before you believe its score"]
    low, high = fitted.test.interval
    if high - low <= _WIDE:
        return []
    of = "" if by == "photo" else f" of {units} {by}s"
    return [
        f"The test is small: {len(fitted.split.test)} photos{of} leave it open whether {low:.0%} or {high:.0%} are "
        "named right. Label more before you compare methods"
    ]


def _overfitted(fitted: Fitted) -> list[str]:
    at = -1 if fitted.history.best_epoch is None else fitted.history.best_epoch
    gap = fitted.history.accuracy[at] - fitted.history.val_accuracy[at]
    cure = "more photos, or --strategy head" if fitted.phases[0].until == "head" else "more photos"
    told = f"It knows its training photos better than new ones, by {100 * gap:.0f} points: {cure}"
    return [told] if gap > _GAP else []
