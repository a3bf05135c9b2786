"""Photos on the page: a contact sheet, and one photo beside what two models think of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from chapter9_lib.classroom.figures.style import GREY, INK, WIDTH, look, new_figure, style, text_colour

__all__ = ["neighbour_grid", "opinion_grid", "opinions", "photo_grid"]

Labelled = tuple[Image.Image, int]


def photo_grid(
    images: Sequence[Image.Image], titles: Sequence[str] | None = None, *, columns: int = 5, title: str = ""
) -> Figure:
    """A contact sheet: photos in rows of `columns`, captions beneath.

    Args:
        images: the photos.
        titles: a caption for each; None: no captions.
        columns: photos a row.
        title: above all of them.

    Raises:
        ValueError: without any photo, or with another number of captions than photos.
    """
    if not images:
        raise ValueError("There is no photo to show.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(images)} photos but {len(titles)} captions.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    shape = max(image.height / image.width for image in images)
    caption = 0.2 * max((text.count("\n") + 1 for text in titles or []), default=0)
    with style():
        fig = new_figure(rows * (WIDTH / columns * shape + caption) + (0.4 if title else 0.06))
        fig.get_layout_engine().set(w_pad=0.025, h_pad=0.025, wspace=0, hspace=0)
        axes = fig.subplots(rows, columns, squeeze=False).ravel()
        for ax in axes[len(images) :]:
            ax.set_axis_off()
        for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
            _photo(ax, image)
            if titles is not None:
                ax.set_xlabel(titles[i], fontsize=9.5, color=INK, labelpad=3)
        if title:
            fig.suptitle(title, x=0.005, ha="left", fontsize=12, fontweight="bold")
    return fig


def neighbour_grid(
    asked: Sequence[Labelled], near: Mapping[str, Sequence[Sequence[Labelled]]], classes: Sequence[str]
) -> Figure:
    """Photos and their nearest neighbours: a row for each photo, the ways of measuring what is near side by side.

    Args:
        asked: N (photo, label)s.
        near: {way of measuring: N lists of the nearest (photo, label)s}, all equally long.
        classes: the names of the labels.
    """
    photos, captions = [], []
    for row, (photo, label) in enumerate(asked):
        photos.append(photo)
        captions.append(f"asked about:\n{classes[label]}")
        for space, found in near.items():
            photos += [other for other, _ in found[row]]
            captions += [f"near in {space}:\n{classes[label]}" for _, label in found[row]]
    return photo_grid(photos, captions, columns=len(photos) // len(asked))


def opinions(
    photo: Image.Image,
    models: Mapping[str, Sequence[float]],
    classes: Sequence[str],
    *,
    truth: str | None = None,
    caption: str = "",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """One photo beside what each model thinks it is.

    Args:
        photo: what the camera saw.
        models: {model: C probabilities}; a name of the palette ("scratch", "borrowed") gets its colour.
        classes: C names. `truth`, when one of them, is set in bold.
        caption: one line beneath the photo. `names` gives other words for the models.
    """
    with style():
        fig = new_figure(2.75)
        _opinions(fig, photo, models, classes, truth, caption, names or {})
    return fig


def opinion_grid(
    photos: Sequence[Image.Image],
    opinions_of_each: Sequence[Mapping[str, Sequence[float]]],
    classes: Sequence[str],
    captions: Sequence[str],
    *,
    truth: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Small multiples of `opinions`: one column a photo, its models' opinions beneath it.

    Args:
        photos: what the camera saw.
        opinions_of_each: for each photo {model: C probabilities}, of the same models.
        classes: C names.
        captions: a line above each photo.
        truth, names: as for `opinions`.

    Raises:
        ValueError: when photos, opinions and captions are not equally many.
    """
    models = list(opinions_of_each[0])
    with style():
        tall = 0.3 + (WIDTH - 1.1) / len(photos) * photos[0].height / photos[0].width
        bars = 0.3 + 0.235 * len(classes)
        fig = new_figure(tall + len(models) * bars)
        fig.get_layout_engine().set(w_pad=0.03, h_pad=0.04, wspace=0.01)
        heights = [tall - 0.3] + [bars - 0.3] * len(models)
        axes = fig.subplots(1 + len(models), len(photos), squeeze=False, height_ratios=heights)
        for column, (photo, thought, caption) in enumerate(zip(photos, opinions_of_each, captions, strict=True)):
            _photo(axes[0, column], photo)
            axes[0, column].set_title(caption, fontsize=9.5, fontweight="normal", color=GREY, pad=4, loc="center")
            for row, model in enumerate(models, start=1):
                drawn = look(model, row)
                _bars(axes[row, column], thought[model], drawn.colour, small=True)
                _class_names(axes[row, column], classes, truth, hidden=column > 0)
                if column == 0:
                    name = (names or {}).get(model, drawn.name)
                    axes[row, 0].set_title(name, color=text_colour(drawn.colour), fontsize=10.5, pad=3)
    return fig


def _opinions(
    fig: Figure,
    photo: Image.Image,
    models: Mapping[str, Sequence[float]],
    classes: Sequence[str],
    truth: str | None,
    caption: str,
    names: Mapping[str, str],
) -> None:
    first, *others = fig.subplots(1, 1 + len(models), width_ratios=[1.75] + [1] * len(models))
    _photo(first, photo)
    first.set_xlabel(caption, fontsize=9.5, color=GREY)
    for i, (ax, (model, probabilities)) in enumerate(zip(others, models.items(), strict=True)):
        drawn = look(model, i)
        _bars(ax, probabilities, drawn.colour)
        ax.set_title(names.get(model, drawn.name), color=text_colour(drawn.colour), fontsize=11, pad=5)
        _class_names(ax, classes, truth, hidden=i > 0)


def _class_names(ax: Axes, classes: Sequence[str], truth: str | None, hidden: bool) -> None:
    ax.set_yticks(range(len(classes)), [""] * len(classes) if hidden else classes, fontsize=9.5)
    for label, name in zip(ax.get_yticklabels(), classes, strict=True):
        label.set(color=INK, fontweight="bold" if name == truth else "normal")


def _bars(ax: Axes, probabilities: Sequence[float], colour: str, small: bool = False) -> None:
    share = [100 * float(p) for p in probabilities]
    top = int(np.argmax(share))
    for y, value in enumerate(share):
        ax.barh(y, 100, height=0.62, color="#F3F3F3", lw=0)
        ax.barh(y, value, height=0.62, color=colour, alpha=1 if y == top else 0.45, lw=0)
        inside = value > 62
        ax.annotate(
            f"{value:.0f} %" if y == top or not small else "",
            (value, y),
            va="center_baseline",
            xytext=(-4 if inside else 4, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            fontsize=8.5 if small else 9.5,
            fontweight="bold" if y == top else "normal",
            color=("white" if y == top else INK) if inside else INK,
        )
    ax.set(xlim=(0, 100), ylim=(len(share) - 0.45, -0.55), xticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def _photo(ax: Axes, image: Image.Image) -> None:
    ax.imshow(np.asarray(image.convert("RGB")), interpolation="auto")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
