"""Exercises of notebook 08, The night shift."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from chapter9_lib.classroom.exercises import grader, same
from chapter9_lib.classroom.graders.n08_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]


@grader("n08.coral", "Two domains, two ellipsoids; this is how far they are from having one shape.")
def coral(function: Callable[["Tensor", "Tensor"], "Tensor"]) -> str | None:
    """The distance of two covariance matrices: `coral(source, target)`."""
    import torch

    from chapter9_lib.training import coral_loss

    if not callable(function):
        return f"coral should be a function; this is a {type(function).__name__}."
    random = torch.Generator().manual_seed(0)
    source, target = (
        torch.randn(n, 6, generator=random) * scale + shift for n, scale, shift in ((40, 1, 0), (30, 3, 5))
    )
    got, wanted = function(source, target), float(coral_loss(source, target))
    if not isinstance(got, torch.Tensor) or got.numel() != 1:
        return "One number is wanted, as a tensor that gradients can flow through."
    value = float(got)
    if same(value, wanted):
        return None
    if same(value, 4 * 36 * wanted):
        return "That is the squared distance. CORAL divides it by 4 D², so that it means the same for any width."
    if same(value, 36 * wanted) or same(value, 4 * wanted):
        return "Nearly: both the 4 and the square of the width D belong under it."
    if same(value, (wanted * 4 * 36) ** 0.5) or same(value, (wanted * 4 * 36) ** 0.5 / (4 * 36)):
        return "That is the distance itself; CORAL squares it."
    if float(function(source, source + 5)) > 1e-3:
        return "Moving all photos of a domain alike changes no covariance, but it changes yours: centre first."
    return f"For these two it should be {wanted:.3f}; yours says {value:.3f}. torch.cov wants features as rows."


@grader("n08.reverse", "Value forward, minus the gradient back: a whole adversary in a line.")
def reverse(function: Callable[["Tensor", float], "Tensor"]) -> str | None:
    """The same value and a turned gradient: `reverse(x, strength)`."""
    import torch

    if not callable(function):
        return f"reverse should be a function; this is a {type(function).__name__}."
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
            return f"At strength {strength:g} a gradient of 1 should come back as {-strength:g}; yours is {slope[0]:g}."
    return None


@grader("n08.fair", "No class is taught more often than another: its favourite word stays one word of five.")
def fair(function: Callable[[np.ndarray, float], np.ndarray]) -> str | None:
    """Which of its own answers to learn from: `fair(probabilities, threshold)`, positions."""
    if not callable(function):
        return f"fair should be a function; this is a {type(function).__name__}."
    random = np.random.default_rng(0)
    rows = random.dirichlet([0.8, 0.4, 0.4, 0.25], 200)
    got = np.asarray(function(rows.copy(), 0.7))
    named, sure = rows.argmax(1), rows.max(1)
    if got.ndim != 1 or got.dtype.kind not in "iu":
        return f"Positions are wanted, whole numbers in one row; this is {got.dtype}, {got.shape}."
    if len(got) and sure[got].min() < 0.7:
        said = f"Position {got[sure[got].argmin()]} is kept, where it is only {sure[got].min():.0%} sure"
        return f"{said}; 70 % was asked for."
    counts = {one: int((named[got] == one).sum()) for one in np.unique(named[sure >= 0.7])}
    least = int(np.unique(named[sure >= 0.7], return_counts=True)[1].min())
    if set(counts.values()) != {least}:
        return f"Of each class {least} should be kept, as many as of the rarest; yours keeps {list(counts.values())}."
    for one in counts:
        best = np.flatnonzero((named == one) & (sure >= 0.7))
        best = best[np.argsort(-sure[best])][:least]
        if set(got[named[got] == one]) != set(best):
            return f"Of class {one} the surest should be kept, and yours are others."
    if len(np.asarray(function(rows[:5].copy(), 0.999999))):
        return "Where it is sure of nothing, nothing is to be kept."
    return None
