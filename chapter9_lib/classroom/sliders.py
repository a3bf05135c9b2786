"""`sliders(callback, …)`: move a control and the figure follows; unattended, the callback runs once and may fail."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.frontend import front_end

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["defaults", "sliders"]


def sliders(
    callback: Callable[..., "Figure"],
    *,
    alt: str | Callable[..., str],
    static: Sequence[Mapping[str, Any]] | Callable[[], "Figure"] = (),
    static_alt: str = "",
    labels: Mapping[str, str] | None = None,
    continuous: bool = True,
    **controls: Any,  # noqa: ANN401
) -> None:
    """Draw `callback(**values)` under one control a keyword, and leave a still twin for paper, GitHub and readers.

    Args:
        callback: from the controls' values to a figure; fast (it looks things up, it never trains).
        alt: alternative text of the figure, or a function from the values to it.
        static: the settings to draw as small multiples, or a function that draws the twin.
        static_alt: alternative text of the twin; default from `alt`.
        labels: {control: words beside it}. `continuous=False` waits until the control is let go.
        controls: (low, high), (low, high, step) or (low, high, step, start) for a number, a bool for a box to tick, a
            text for a line to write in, any other list for a choice of its entries, the first to start with: a slider
            over numbers, else a menu. What can't be made of a text, the callback says by a `ValueError`: a person at
            the line reads its words.

    Raises:
        ValueError: for a control that is none of these. Unattended, whatever the callback raises.
    """
    start = defaults(controls)
    if front_end():
        _live(callback, alt, controls, labels or {}, continuous)
    else:
        drawn = callback(**start)
        if not static:
            _show(drawn, alt, start)
    if static:
        _twin(callback, alt, static, static_alt)


def defaults(controls: Mapping[str, Any]) -> dict[str, Any]:
    """Where each control starts.

    Raises:
        ValueError: for a control that is none of the kinds that `sliders` takes.
    """
    return {name: _start(name, control) for name, control in controls.items()}


def _start(name: str, control: Any) -> Any:  # noqa: ANN401
    if isinstance(control, (bool, str)):
        return control
    if _is_range(control):
        low, high, step, *start = (*control, 1)[:3] if len(control) == 2 else control
        return start[0] if start else low + step * round((high - low) / 2 / step)
    if isinstance(control, Iterable) and list(control):
        return list(control)[0]
    raise ValueError(f"The control {name}={control!r} is no (low, high, step, start), bool, text or list of choices.")


def _is_range(control: Any) -> bool:  # noqa: ANN401
    return isinstance(control, tuple) and 2 <= len(control) <= 4 and all(isinstance(v, (int, float)) for v in control)


def _live(
    callback: Callable[..., "Figure"],
    alt: str | Callable[..., str],
    controls: Mapping[str, Any],
    labels: Mapping[str, str],
    continuous: bool,
) -> None:  # noqa: ANN401
    import ipywidgets as widgets
    from IPython.display import clear_output, display

    made = {name: _widget(name, control, labels.get(name, name), continuous) for name, control in controls.items()}
    out = widgets.Output()

    def redraw(_: object = None) -> None:
        values = {name: widget.value for name, widget in made.items()}
        with out:
            try:
                drawn = callback(**values)
            except ValueError as error:
                if not any(isinstance(value, str) for value in controls.values()):
                    raise
                clear_output(wait=True)
                print(error)
                return
            clear_output(wait=True)
            _show(drawn, alt, values)

    for widget in made.values():
        widget.observe(redraw, names="value")
    display(widgets.VBox([*made.values(), out]))
    redraw()


def _widget(name: str, control: Any, label: str, continuous: bool) -> Any:  # noqa: ANN401
    import ipywidgets as widgets

    look = {"description": label, "style": {"description_width": "9em"}, "layout": widgets.Layout(width="30em")}
    start = _start(name, control)
    if isinstance(control, bool):
        return widgets.Checkbox(value=start, **look)
    if isinstance(control, str):
        return widgets.Text(value=start, continuous_update=False, **(look | {"layout": widgets.Layout(width="48em")}))
    if not _is_range(control):
        numbers = all(isinstance(choice, (int, float)) for choice in control)
        kind = widgets.SelectionSlider if numbers else widgets.Dropdown
        live = {"continuous_update": continuous} if numbers else {}
        return kind(options=list(control), value=start, **live, **look)
    low, high, step = (*control, 1)[:3]
    whole = all(isinstance(v, int) for v in (low, high, step, start))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, continuous_update=continuous, **look)


def _twin(callback: Callable[..., "Figure"], alt: Any, static: Any, static_alt: str) -> None:  # noqa: ANN401
    from chapter9_lib.classroom.figures import show
    from chapter9_lib.classroom.figures.multiples import small_multiples

    if callable(static):
        show(static(), alt=static_alt or "The same figure at several settings of its sliders.")
        return
    names = [", ".join(f"{name} {value}" for name, value in setting.items()) for setting in static]
    each = "; ".join(alt(**setting) if callable(alt) else alt for setting in static[:1])
    multiples = small_multiples([callback(**setting) for setting in static], names)
    show(multiples, alt=static_alt or f"Small multiples at {'; '.join(names)}. Each: {each}")


def _show(fig: "Figure", alt: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401
    from chapter9_lib.classroom.figures import show

    show(fig, alt=alt(**values) if callable(alt) else alt)
