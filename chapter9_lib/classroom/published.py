"""Numbers of published experiments, to stand beside ours."""

from typing import Any

__all__ = ["YOSINSKI", "yosinski_gaps"]

YOSINSKI: dict[str, tuple[float, ...]] = {
    "base": (62.51,) * 7,
    "BnB": (62.67, 62.35, 62.11, 60.48, 59.35, 61.88, 62.32),
    "AnB": (62.82, 62.39, 61.89, 59.98, 57.80, 58.06, 54.25),
    "BnB+": (61.77, 62.15, 63.13, 62.87, 63.01, 62.76, 62.66),
    "AnB+": (63.73, 63.58, 64.26, 63.98, 64.46, 64.60, 64.65),
}
"""Yosinski et al. (2014, arXiv 1411.1792): accuracy in % on random halves of ImageNet with 1 to 7 layers of an AlexNet
taken over. Means of each run's ten best validation scores, computed anew from the logs of 163 networks that the authors
published (yosinski/convnet_transfer); 8 runs a point for AnB, 4 for BnB, 1 or 2 for those that learn on."""


def yosinski_gaps() -> list[dict[str, Any]]:
    """Rows for `figures.learning_curve`: each arm minus base, in points, at each number of layers; no intervals."""
    return [
        {"arm": arm, "layers": layers, "mean": value - base, "interval": None}
        for arm, values in YOSINSKI.items()
        if arm != "base"
        for layers, (value, base) in enumerate(zip(values, YOSINSKI["base"], strict=True), start=1)
    ]
