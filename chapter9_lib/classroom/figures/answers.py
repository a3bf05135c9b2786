"""Photos as a model sees them: named right in full colour, named wrong faded under the wrong name."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from chapter9_lib.classroom.figures.style import INK, WIDTH, new_figure, style, text_colour

__all__ = ["answer_grid"]

_THUMB, _GAP, _FADED = (120, 90), 5, 0.28
_WRONG = text_colour("#D55E00", contrast=6)


def answer_grid(
    photos: Sequence[Image.Image],
    labels: Sequence[int] | np.ndarray,
    answers: Mapping[str, Sequence[int] | np.ndarray],
    classes: Sequence[str],
) -> Figure:
    """One panel for each set of answers to the same photos; a row for each class, its photos in the order given.

    Args:
        photos: N photos.
        labels: (N,), their true classes.
        answers: {title of the panel: (N,) classes as some model named them}.
        classes: C names, of which the last word is written over a photo.

    Raises:
        ValueError: without a photo or a panel, or where lengths differ.
    """
    labels = np.asarray(labels)
    if not len(photos) or not answers or any(len(a) != len(photos) for a in (labels, *answers.values())):
        raise ValueError(f"Labels and answers must be as many as photos: {len(photos)} photos, {len(labels)} labels.")
    across = min(2, len(answers))
    down, (rows, columns) = -(-len(answers) // across), _shape(labels, len(classes))
    thumb = (WIDTH / across - 0.75) / columns
    with style():
        fig = new_figure(down * (rows * thumb * _THUMB[1] / _THUMB[0] + 0.42))
        axes = fig.subplots(down, across, squeeze=False).ravel()
        for ax in axes[len(answers) :]:
            ax.set_axis_off()
        for ax, (title, named) in zip(axes, answers.items(), strict=False):
            _panel(ax, photos, labels, np.asarray(named), classes)
            ax.set_title(title, fontsize=12 if across == 1 else 10.5, pad=5)
    return fig


def _panel(
    ax: Axes, photos: Sequence[Image.Image], labels: np.ndarray, answers: np.ndarray, classes: Sequence[str]
) -> None:
    rows, columns = _shape(labels, len(classes))
    wide, tall = _THUMB[0] + _GAP, _THUMB[1] + _GAP
    sheet = np.full((rows * tall - _GAP, columns * wide - _GAP, 3), 255, dtype=np.uint8)
    short = [name.split()[-1] for name in classes]
    filled = [0] * len(classes)
    for photo, label, answer in zip(photos, labels, answers, strict=True):
        x, y = wide * filled[label], tall * int(label)
        filled[label] += 1
        pixels = np.asarray(photo.convert("RGB").resize(_THUMB), dtype=float)
        if answer != label:
            pixels = 255 - _FADED * (255 - pixels)
            middle = (x + _THUMB[0] / 2, y + _THUMB[1] / 2)
            ax.text(*middle, short[answer], ha="center", va="center", color=_WRONG, fontsize=9.5, fontweight="bold")
        sheet[y : y + _THUMB[1], x : x + _THUMB[0]] = pixels
    ax.imshow(sheet)
    ax.set_yticks([tall * row + _THUMB[1] / 2 for row in range(rows)], short)
    ax.set_xticks([])
    ax.tick_params(length=0, labelcolor=INK, labelsize=9.5)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _shape(labels: np.ndarray, classes: int) -> tuple[int, int]:
    return classes, int(np.bincount(labels, minlength=classes).max())
