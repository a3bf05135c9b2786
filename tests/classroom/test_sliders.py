import dataclasses
import math

import pytest
from PIL import Image

from chapter9_lib.classroom import photo_booth, sliders
from chapter9_lib.classroom import sliders as package_name
from chapter9_lib.classroom.booth import SETTINGS
from chapter9_lib.classroom.figures import new_figure, style
from chapter9_lib.classroom.frontend import front_end
from chapter9_lib.classroom.sliders import defaults


def wave(k, calls):
    calls.append(k)
    with style():
        fig = new_figure()
        fig.subplots().plot([math.sin(k * x) for x in range(10)])
    return fig


def test_the_name_in_the_room_is_the_function():
    assert callable(package_name)


def test_headless_runs_once_at_its_defaults(capsys):
    calls = []
    sliders(lambda k: wave(k, calls), alt=lambda k: f"A wave with k = {k}.", k=(1, 9, 1, 3))
    assert calls == [3]
    assert capsys.readouterr().out == "[figure] A wave with k = 3.\n"


def test_headless_errors_are_errors():
    def broken(k):
        raise RuntimeError("the callback is broken")

    with pytest.raises(RuntimeError, match="callback is broken"):
        sliders(broken, alt="never to be seen", k=(1, 9))


def test_twin_draws_every_setting(capsys):
    calls = []
    sliders(
        lambda k: wave(k, calls), alt="A wave over time.", static=[{"k": 1}, {"k": 2}, {"k": 3}, {"k": 4}], k=(1, 9)
    )
    assert calls == [5, 1, 2, 3, 4], "once at the default, which may fail, then the twin"
    assert "k 1; k 2; k 3; k 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("control", "start"),
    [
        ((0, 10), 5),
        ((0.0, 1.0, 0.1), 0.5),
        ((0.0, 1.0, 0.1, 0.7), 0.7),
        (True, True),
        (["a", "b"], "a"),
        (("a", "b"), "a"),
        ("a grey animal", "a grey animal"),
    ],
)
def test_defaults(control, start):
    assert defaults({"x": control})["x"] == (pytest.approx(start) if isinstance(start, float) else start)


def test_bad_control_is_named():
    with pytest.raises(ValueError, match="control k=3"):
        sliders(lambda k: None, alt="never to be seen", k=3)


def test_a_slider_moved_draws_again(monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    import sys

    import IPython.display

    import chapter9_lib.classroom.sliders as _  # noqa: F401

    module = sys.modules["chapter9_lib.classroom.sliders"]
    shown, calls = [], []
    monkeypatch.setattr(module, "front_end", lambda: True)
    monkeypatch.setattr(IPython.display, "display", shown.append)
    sliders(
        lambda k, on, decay, place: wave(k * decay, calls), alt="A wave over time.", labels={"k": "pitch"},
        k=(1, 9, 1, 3), on=True, decay=[1.0, 0.5], place=["here", "there"],
    )  # fmt: skip
    slider, box, steps, menu, out = shown[0].children
    assert isinstance(steps, widgets.SelectionSlider) and isinstance(menu, widgets.Dropdown)
    assert isinstance(slider, widgets.IntSlider) and slider.description == "pitch"
    assert isinstance(box, widgets.Checkbox) and isinstance(out, widgets.Output)
    slider.value = 4
    box.value = False
    steps.value = 0.5
    assert calls == [3, 4, 4, 2]


def test_a_line_to_write_in_tells_what_it_cannot_use(monkeypatch, capsys):
    widgets = pytest.importorskip("ipywidgets")
    import sys

    import IPython.display

    module = sys.modules["chapter9_lib.classroom.sliders"]
    shown, calls = [], []
    monkeypatch.setattr(module, "front_end", lambda: True)
    monkeypatch.setattr(IPython.display, "display", shown.append)

    def found(words):
        if "unicorn" in words:
            raise ValueError("nobody has ever read of a unicorn")
        return wave(len(words), calls)

    sliders(found, alt="A wave over time.", words="fox")
    line, _ = shown[0].children
    assert isinstance(line, widgets.Text) and not line.continuous_update
    line.value = "a unicorn"
    assert "nobody has ever read of a unicorn" in capsys.readouterr().out
    line.value = "badger"
    assert calls == [3, 6]
    with pytest.raises(ValueError, match="no text here"):
        sliders(lambda k: (_ for _ in ()).throw(ValueError("no text here")), alt="never", k=(1, 3))


@pytest.mark.parametrize("variable", ["CHAPTER9_QUIET", "PYTEST_VERSION"])
def test_nobody_is_at_the_sliders(monkeypatch, variable):
    import chapter9_lib.classroom.frontend as frontend

    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.delenv("CHAPTER9_QUIET", raising=False)
    monkeypatch.setattr(frontend, "_kernel", lambda: type("Kernel", (), {"_allow_stdin": True})())
    pytest.importorskip("ipywidgets")
    assert front_end()
    monkeypatch.setenv(variable, "1")
    assert not front_end()


def test_an_executed_notebook_has_nobody_at_its_sliders(monkeypatch):
    import chapter9_lib.classroom.frontend as frontend

    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.setattr(frontend, "_kernel", lambda: type("Kernel", (), {"_allow_stdin": False})())
    assert not front_end()


@dataclasses.dataclass(frozen=True)
class Scene:
    hour: float = 12.0
    fog: float = 0.0
    distance: float = 4.0
    species: str = "red fox"


def test_photo_booth_renders_each_setting_and_asks_both_models(capsys):
    rendered, asked = [], []

    def render(scene):
        rendered.append((scene.hour, scene.fog, scene.distance))
        return Image.new("RGB", (96, 72), (int(255 * scene.fog), 90, 40))

    def predict(model, images):
        asked.append(model)
        return [[0.7, 0.3]] * len(images)

    photo_booth(Scene(), {"scratch": "a", "borrowed": "b"}, ["red fox", "roe deer"], predict=predict, render=render)
    settings = [tuple(setting.values()) for setting in SETTINGS]
    assert len(settings) >= 4 and rendered == [settings[0], *settings]
    assert asked == ["a", "b"] * (1 + len(settings))
    out = capsys.readouterr().out
    assert "One red fox at 11:00, clear, 3 m; 20:00" in out
