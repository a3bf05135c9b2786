"""Exercises of notebook 08, The night shift."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from chapter9_lib.classroom.exercises import a_type, as_array, as_number, grader, same
from chapter9_lib.classroom.graders.n08_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]

Coral = Callable[["Tensor", "Tensor"], "Tensor"]
Fair = Callable[[np.ndarray, float], np.ndarray]
_fair: Fair = REFERENCE["n08.fair"]


@grader(
    "n08.coral",
    "Two domains, two ellipsoids; this is how far they are from having one shape.",
    wants="coral(source, target)",
)
def coral(function: Coral) -> str | None:
    """The distance of two covariance matrices: `coral(source, target)`."""
    import torch

    random = torch.Generator().manual_seed(0)
    for sizes in ((40, 30, 6), (25, 50, 4)):
        source, target = (
            torch.randn(n, sizes[-1], generator=random) * scale + shift
            for n, scale, shift in zip(sizes, (1, 3), (0, 5), strict=False)
        )
        if mistake := _uncorrelated(function, source, target) or _unmoved(function, source, target):
            return mistake
    return None


def _uncorrelated(function: Coral, source: "Tensor", target: "Tensor") -> str | None:
    """The mistake by the number that comes out."""
    from chapter9_lib.training import coral_loss

    wanted, whole = float(coral_loss(source, target)), 4 * source.shape[1] ** 2
    got = function(source, target)
    value = as_number(got)
    if value is None:
        shape = f" of shape {tuple(got.shape)}" if hasattr(got, "shape") else ""
        return f"One number is wanted, as a tensor that gradients can flow through; this is {a_type(got)}{shape}."
    if same(value, wanted):
        return None
    if same(value, whole * wanted):
        return "That is the squared distance. CORAL divides it by 4 D², so that it means the same for any width."
    if same(value, whole / 4 * wanted) or same(value, 4 * wanted):
        return "Nearly: both the 4 and the square of the width D belong under it."
    if same(value, (wanted * whole) ** 0.5) or same(value, (wanted * whole) ** 0.5 / whole):
        return "That is the distance itself; CORAL squares it."
    gap = source.T.cov(correction=0) - target.T.cov(correction=0)
    if same(value, gap.square().sum() / whole):
        return "Nearly: yours divides the covariances by N; asked for is N − 1, as torch.cov does."
    if float(function(source, source + 5)) > 1e-3:
        return "Moving all photos of a domain alike changes no covariance, but it changes yours: centre first."
    return f"For these two it should be {wanted:.3f}; yours says {value:.3f}. torch.cov wants features as rows."


def _unmoved(function: Coral, source: "Tensor", target: "Tensor") -> str | None:
    """What is wrong with the gradients of a loss whose number is right."""
    import torch

    if not isinstance(function(source, target), torch.Tensor):
        return "The number is right, but a loss has to be a tensor that gradients can flow through: stay with torch."
    features = [some.clone().requires_grad_(True) for some in (source, target)]
    got = function(*features)
    pulls = torch.autograd.grad(got, features, allow_unused=True) if got.requires_grad else (None, None)
    if any(pull is None or not pull.any() for pull in pulls):
        return "The number is right, but gradients do not flow back to both domains: nothing would be learned by it."
    return None


@grader(
    "n08.reverse",
    "Value forward, minus the gradient back: a whole adversary in a line.",
    wants="reverse(x, strength)",
)
def reverse(function: Callable[["Tensor", float], "Tensor"]) -> str | None:
    """The same value and a turned gradient: `reverse(x, strength)`."""
    import torch

    for strength in (1.0, 0.3, 0.0):
        x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
        got = function(x, strength)
        if not isinstance(got, torch.Tensor) or got.shape != x.shape:
            return "A tensor of the same shape is wanted."
        if not torch.allclose(got, x):
            return f"The value must pass unchanged; at strength {strength:g} {x.tolist()} becomes {got.tolist()}."
        if not got.requires_grad:
            return "Nothing flows back: only what is not detached has a gradient."
        (slope,) = torch.autograd.grad((got * torch.tensor([1.0, 10.0, 100.0])).sum(), x)
        if not torch.allclose(slope, -strength * torch.tensor([1.0, 10.0, 100.0]), atol=1e-5):
            wanted, came = 0.0 - strength, float(slope[0]) + 0.0  # never "-0"
            return f"At strength {strength:g} a gradient of 1 should come back as {wanted:g}; yours is {came:g}."
    return None


@grader(
    "n08.fair",
    "No class is taught more often than another: its favourite word stays one word of five.",
    wants="fair(probabilities, threshold)",
)
def fair(function: Fair) -> str | None:
    """Which of its own answers to learn from: `fair(probabilities, threshold)`, positions."""
    rows = np.random.default_rng(0).dirichlet([0.8, 0.4, 0.4, 0.25], 200)
    for some in (rows, _FEW):
        if mistake := _unfair(function(some.copy(), 0.7), some):
            return mistake
    try:
        kept = as_array(function(rows[:5].copy(), 0.999999))
    except NotImplementedError:
        raise
    except Exception as error:
        return f"Where it is sure of nothing, nothing is to be kept; yours stops ({type(error).__name__}: {error})."
    if kept is None or kept.size:
        told = "something else" if kept is None else f"{kept.size}"
        return f"Where it is sure of nothing, nothing is to be kept, an empty array; yours gives {told}."
    return None


_FEW = np.array([
    [0.72, 0.1, 0.1, 0.08], [0.1, 0.7, 0.1, 0.1], [0.95, 0.02, 0.02, 0.01], [0.05, 0.9, 0.03, 0.02],
    [0.6, 0.2, 0.1, 0.1], [0.8, 0.1, 0.05, 0.05],
])  # fmt: skip
"""Two of four classes are named by nobody; one row is exactly 70 % sure."""


def _unfair(positions: Any, rows: np.ndarray) -> str | None:  # noqa: ANN401
    """What is wrong with the positions that are kept of these rows at 70 %."""
    named, sure = rows.argmax(1), rows.max(1)
    got = as_array(positions)
    if got is None or got.ndim != 1 or len(got) and got.dtype.kind not in "iu":
        told = a_type(positions) if got is None else f"{got.dtype}, {got.shape}"
        return f"Positions are wanted, whole numbers in one row; this is {told}."
    if not len(got):
        return "A class that is named by no photo does not count: of the others some are to be kept; yours keeps none."
    if sure[got].min() < 0.7:
        said = f"Position {got[sure[got].argmin()]} is kept, where it is only {sure[got].min():.0%} sure"
        return f"{said}; 70 % was asked for."
    enough = np.flatnonzero(sure >= 0.7)
    if set(got) == set(_fair(rows, np.nextafter(0.7, 1))) != set(_fair(rows, 0.7)):
        return f"Position {np.flatnonzero(sure == 0.7)[0]} is exactly 70 % sure: that is at least as sure as asked."
    counts = {one: int((named[got] == one).sum()) for one in np.unique(named[enough])}
    least = int(np.unique(named[enough], return_counts=True)[1].min())
    if set(counts.values()) != {least}:
        return f"Of each class {least} should be kept, as many as of the rarest; yours keeps {list(counts.values())}."
    for one in counts:
        best = enough[named[enough] == one]
        best = best[np.argsort(-sure[best])][:least]
        if set(got[named[got] == one]) != set(best):
            return f"Of class {one} the surest should be kept, and yours are others."
    return None
