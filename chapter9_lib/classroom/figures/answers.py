"""Photos as a model sees them: named right in full colour, named wrong faded under the wrong name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from chapter9_lib.classroom.figures.style import INK, WIDTH, new_figure, style, text_colour

__all__ = ["answer_grid", "answer_wall"]

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


def answer_wall(
    photos: Any,  # noqa: ANN401
    answers: Mapping[int, Sequence[int] | np.ndarray],
    classes: Sequence[str],
    *,
    each: int = 6,
    title: str = "{}",
    seed: int = 0,
) -> Callable[..., Figure]:
    """A few photos of each class, drawn at random, and what they were named at each setting.

    Args:
        photos: N (PIL image, label) with `.labels`.
        answers: {setting: (N,) classes as a model named them}.
        classes: C names.
        each: photos of each class. In a row, those named right at most settings come first.
        title: of a panel; its `{}` becomes the setting. The share of all N photos named right follows.
        seed: of the draw.

    Returns:
        A function of one or more settings that draws an `answer_grid`, a panel a setting.
    """
    named = {setting: np.asarray(answer) for setting, answer in answers.items()}
    right = {setting: answer == photos.labels for setting, answer in named.items()}
    often, random = np.sum(list(right.values()), axis=0), np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(photos.labels == k))[:each] for k in range(len(classes))]
    chosen = np.array([i for row in drawn for i in sorted(row, key=lambda i: -often[i])])
    images = [photos[int(i)][0] for i in chosen]

    def draw(*settings: int) -> Figure:
        titles = [f"{title.format(setting)}: {right[setting].mean():.0%} right" for setting in settings]
        panels = {text: named[setting][chosen] for text, setting in zip(titles, settings, strict=True)}
        return answer_grid(images, photos.labels[chosen], panels, classes)

    return draw


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
            ax.text(*middle, short[answer], ha="center", va="center", color=_WRONG, fontsize=9, fontweight="bold")
        sheet[y : y + _THUMB[1], x : x + _THUMB[0]] = pixels
    ax.imshow(sheet)
    ax.set_yticks([tall * row + _THUMB[1] / 2 for row in range(rows)], short)
    ax.set_xticks([])
    ax.tick_params(length=0, labelcolor=INK, labelsize=9.5)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _shape(labels: np.ndarray, classes: int) -> tuple[int, int]:
    return classes, int(np.bincount(labels, minlength=classes).max())
