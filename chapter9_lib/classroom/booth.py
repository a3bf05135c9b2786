"""The photo booth: one photo rendered live at another hour, in fog, further off, while two models say what they see."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.sliders import sliders

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import nn

__all__ = ["SETTINGS", "photo_booth"]

SETTINGS: tuple[dict[str, float], ...] = (
    {"hour": 11.0, "fog": 0.0, "distance": 3.0},
    {"hour": 20.0, "fog": 0.0, "distance": 3.0},
    {"hour": 11.0, "fog": 0.7, "distance": 3.0},
    {"hour": 11.0, "fog": 0.0, "distance": 6.0},
)


def photo_booth(
    scene: Any,  # noqa: ANN401
    models: Mapping[str, "nn.Module"],
    classes: Sequence[str],
    *,
    predict: Callable[..., Any] | None = None,
    render: Callable[[Any], Any] | None = None,
    truth: str | None = None,
    static: Sequence[Mapping[str, float]] = SETTINGS,
    hours: tuple[float, float] = (6.0, 21.0),
    distances: tuple[float, float] = (2.0, 8.0),
) -> None:
    """Sliders for hour, fog and distance re-render one photo; each model's opinion moves with it.

    Args:
        scene: a dataclass with `hour` (0-24), `fog` (0-1) and `distance` (metres); may name its `species`.
        models: {name of the palette: model}.
        classes: C names, in the order of the models' outputs.
        predict: (model, [photo]) -> (1, C) probabilities; default `chapter9_lib.training.predict`.
        render: scene -> PIL image; default the trail-camera renderer.
        truth: the right class, set in bold; default the scene's species.
        static: the settings of the still twin, four or more.
        hours, distances: what the sliders span.
    """
    from chapter9_lib.classroom.figures import opinion_grid, opinions

    predict, render = predict or _predict(), render or _render()
    truth = truth or getattr(scene, "species", None)

    def look(**setting: float) -> tuple[Any, dict[str, list[float]]]:
        photo = render(dataclasses.replace(scene, **setting))
        return photo, {name: [float(p) for p in predict(model, [photo])[0]] for name, model in models.items()}

    def draw(**setting: float) -> "Figure":
        photo, thoughts = look(**setting)
        return opinions(photo, thoughts, classes, truth=truth, caption=_caption(**setting))

    def twin() -> "Figure":
        seen = [look(**setting) for setting in static]
        photos, thoughts = [photo for photo, _ in seen], [thought for _, thought in seen]
        return opinion_grid(photos, thoughts, classes, [_caption(**s) for s in static], truth=truth)

    start = static[0]
    sliders(
        draw,
        alt=lambda **setting: f"The photo at {_caption(**setting)}, beside what {' and '.join(models)} take it for.",
        static=twin,
        static_alt=f"One {truth or 'animal'} at {'; '.join(_caption(**s) for s in static)}: "
        f"beneath each photo, how sure {' and '.join(models)} are of each species.",
        continuous=False,
        labels={"hour": "hour of the day", "fog": "fog", "distance": "distance (m)"},
        hour=(*hours, 0.5, start["hour"]),
        fog=(0.0, 1.0, 0.1, start["fog"]),
        distance=(*distances, 0.5, start["distance"]),
    )


def _caption(hour: float, fog: float, distance: float) -> str:
    clock = f"{int(hour):02d}:{round(60 * (hour % 1)):02d}"
    return f"{clock}, {'clear' if fog < 0.05 else f'fog {fog:.0%}'}, {distance:g} m"


def _predict() -> Callable[..., Any]:
    from chapter9_lib.training import predict

    return predict


def _render() -> Callable[[Any], Any]:
    from chapter9_lib.worlds.trailcam import render

    return render
