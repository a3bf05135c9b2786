"""Every figure helper draws, clips nothing, stays small, and says what it shows."""

import io
import itertools
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.text import Annotation, Text
from PIL import Image

from chapter9_lib.classroom import figures
from chapter9_lib.classroom.figures.multiples import small_multiples
from chapter9_lib.classroom.published import yosinski_gaps
from chapter9_lib.training import calibration

SPECIES = ["red fox", "roe deer", "wild boar", "European badger", "Eurasian lynx"]
RANDOM = np.random.default_rng(0)
PHOTOS = (10, 25, 50, 100, 200, 400, 800)


def curve_table():
    heights = {"scratch": 20, "scratch-5x": 22, "random-features": 21, "borrowed": 50, "fine-tuned": 51, "another": 30}
    return [
        {"method": method, "photos": n, "mean": base + 8 * i, "interval": (base + 8 * i - 4, base + 8 * i + 4)}
        for method, base in heights.items() for i, n in enumerate(PHOTOS[:6])
    ]  # fmt: skip


def rate_table():
    return [
        {"split": split, "rate": rate, "mean": mean, "interval": (mean - 3, mean + 3)}
        for split in ("new", "old")
        for rate, mean in ((1e-5, 60), (1e-4, 70), (1e-2, 30), (0.1, 20))
    ]


def layer_table():
    return [
        {"arm": arm, "layers": layers, "mean": top - layers, "interval": (top - layers - 1, top - layers + 1)}
        for arm, top in (("AnB", 62), ("BnB", 63), ("AnB+", 66), ("BnB+", 65))
        for layers in range(1, 8)
    ]


def photos(count):
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)) for _ in range(count)]


def thoughts():
    return {"scratch": [0.3, 0.25, 0.2, 0.15, 0.1], "borrowed": [1.0, 0.0, 0.0, 0.0, 0.0]}


ROWS = [
    {"method": "scratch", "mean": 58, "interval": (53, 63)},
    {"method": "borrowed", "label": "borrowed, 20 epochs", "mean": 97, "interval": (95, 99)},
    {"label": "something else", "mean": 3, "interval": None},
]
DIFFERENCES = [{"label": "worse", "mean": -6, "interval": (-14, 2)}, {"label": "better", "mean": 4, "interval": (1, 7)}]
OF_PHOTOS = ("grid", "bare grid", "opinion grid", "opinions", "answers", "answer panels", "neighbours")
STAGES = ["conv1", "layer1", "head"]
STEPS = [
    {"after": f"{stage}: {what}", "mean": 70.0 - place, "interval": (60.0, 80.0) if place else None}
    for place, stage in enumerate(reversed(STAGES)) for what in ("new", "old")
]  # fmt: skip
NETS = [
    figures.Row("base B", "B", 0, False, "from scratch"),
    figures.Row("A2B", "A", 2, True, "frozen"),
    figures.Row("B1B+", "B", 1, False),
]
FILTERS = np.random.default_rng(0).normal(size=(24, 3, 5, 5))
RECIPES = [
    {"recipe": recipe, "split": split, "mean": 70.0 + place, "interval": (68.0, 74.0) if place else None}
    for place, recipe in enumerate(("head only", "gradual + discriminative", "unheard of"))
    for split in ("test", "test-seen", "night")
]
LABELLED = [(photo, 3) for photo in photos(2)]
LABELS = [0, 0, 0, 1, 1, 2, 2, 3, 4]


def crowded_trade():
    points = {"teacher": (9.5, 80, (78, 82)), "student, taught": (0.6, 61, (60, 62)),
              "student alone": (0.6, 55, (53, 57)), "teacher, small photos": (4.4, 78, (72, 84)),
              "borrowed": (2.5, 75, (73, 77)), "ViT": (200, 95, None), "MobileNet": (5, 92, None)}  # fmt: skip
    looks = {"student alone": "scratch", "ViT": "chapter", "MobileNet": "chapter"}
    return figures.trade(points, pairs=[("teacher", "student, taught"), ("ViT", "MobileNet")], looks=looks)


MAP = {
    ("coats of strangers", 50): figures.Choice("frozen"),
    ("coats of strangers", 10_000): figures.Choice("new", "1 behind"),
    ("calls", 50): figures.Choice(
        "full with norms alive", "+19 (16 to 21)",
        ("frozen", "frozen in views", "gradual", "adapters", "full", "deep stages afresh", "scratch", "new"),
    ),
}  # fmt: skip
SIZES, SHARES = (30, 100, 300, 1000, 3000), list(range(0, 101, 10))
PLANE = [["frozen" if share > 50 else "gradual" if size > 200 else "new" for size in SIZES] for share in SHARES]
DOTS = {"coats of strangers": [(50, 20.0), (3000, 40.0)], "species by day": [(50, 38.0), (300, 41.0)]}


def plane(**more):
    return figures.choice_plane(SIZES, SHARES, PLANE, points=DOTS, you=(100, 60), **more)


DRAWN = {
    "choices": lambda: figures.choice_map(
        {"The best, and who is level with it": MAP, "One cell": {("calls", 50): figures.Choice("full", "3 behind")}},
        ["coats of strangers", "calls"],
        [50, 10_000],
    ),
    "plane": plane,
    "plane with words": lambda: plane(words=["advice: frozen", "  because " + "so it came out in many cells " * 5]),
    "scatter": lambda: figures.scatter(
        {"coats of strangers": [(20, 1.0, (-2, 4)), (90, 3.0, None)], "calls": [(50, -3.0, (-4, -2))]},
        growing="larger marks: more photos",
        zero=True,
        title="A title",
        xlabel="known already (%)",
        ylabel="points",
    ),
    "curve": lambda: figures.learning_curve(
        curve_table(), live={"scratch": (100, 44), "borrowed": (100, 79)}, guess=(100, 98), chance=20, title="A title"
    ),
    "promised curve": lambda: figures.learning_curve(curve_table(), promise=(85, 90, "somebody promises this")),
    "one point": lambda: figures.learning_curve([{"method": "scratch", "photos": 5, "mean": 30, "interval": None}]),
    "grid": lambda: figures.photo_grid(photos(7), [f"{s}\ncamera 3" for s in (SPECIES * 2)[:7]], title="Seven photos"),
    "bare grid": lambda: figures.photo_grid(photos(2)),
    "opinions": lambda: figures.opinions(photos(1)[0], thoughts(), SPECIES, truth="red fox", caption="10:30, fog"),
    "opinion grid": lambda: figures.opinion_grid(photos(4), [thoughts()] * 4, SPECIES, ["10:30, fog 70 %, 4 m"] * 4),
    "bars": lambda: figures.bars_with_intervals(ROWS, reference=(20, "guessing blindly"), guess=62, title="A title"),
    "confusion": lambda: figures.confusion_matrix(np.diag([120, 3, 99, 0, 7]), SPECIES, title="600 photos"),
    "differences": lambda: figures.bars_with_intervals(DIFFERENCES, unit="points", reference=(0, "no difference")),
    "neighbours": lambda: figures.neighbour_grid(
        LABELLED, {"pixels": [LABELLED] * 2, "features": [LABELLED] * 2}, SPECIES
    ),
    "answers": lambda: figures.answer_grid(photos(9), LABELS, {"a title": LABELS[::-1]}, SPECIES),
    "answer panels": lambda: figures.answer_grid(photos(9), LABELS, {f"{n} photos": LABELS for n in "abc"}, SPECIES),
    "kitchen": figures.kitchen_map,
    "guess": lambda: figures.guess_against_truth(2, 99, (97, 100)),
    "no guess": lambda: figures.guess_against_truth(None, 50),
    "rates": lambda: figures.learning_curve(rate_table(), by="split", x="rate", names={"new": "yours"}, xlabel="rate"),
    "forest": lambda: figures.forest(
        RECIPES, by="recipe", columns={"test-seen": "known cameras", "test": "new cameras", "night": "night"}, title="T"
    ),
    "lines": lambda: figures.lines(
        {"one": ([1e-4, 1e-2, 1], [3, 1, 2]), "another": ([1e-4, 1e-2, 1], [2, 2, 2])}, logx=True, marks={"here": 1e-2}
    ),
    "phases": lambda: figures.phase_plan({"phase 1": {"head": 1e-3}, "phase 2": dict.fromkeys(STAGES, 3e-5)}, STAGES),
    "many stages": lambda: figures.phase_plan({"all": {"head": 1}}, [f"blocks.{n}" for n in range(9)] + ["head"]),
    "thawing": lambda: figures.thawing_steps(
        STEPS, 2, layer_decay=0.1, lines={"new": "yours", "old": "old kinds"}, title="A title"
    ),
    "transplants": lambda: figures.transplants(NETS, STAGES, title="A title"),
    "filters": lambda: figures.filter_grid({"A": FILTERS, "never trained": FILTERS[:5]}),
    "heat map": lambda: figures.heat_map(
        np.arange(6).reshape(2, 3), ["edge direction", "kind"], STAGES, mark_best=True
    ),
    "by layers": lambda: figures.learning_curve(
        layer_table(), by="arm", x="layers", log=False, promise=(60, 64, "from scratch"), xlabel="layers taken over"
    ),
    "against base": lambda: figures.learning_curve(
        yosinski_gaps(),
        by="arm",
        x="layers",
        log=False,
        limits=(-10, 4),
        chance=0,
        chance_words="base",
        live={"AnB": [(3, -1), (6, -7)]},
        names={"AnB": "AnB"},
    ),
    "feature_maps": lambda: figures.feature_maps(
        {"before": (RANDOM.normal(0, 1, (30, 8)), RANDOM.normal(2, 1, (20, 8)))},
        (np.arange(30) % 5, np.arange(20) % 5),
        SPECIES,
        ("by day", "by night"),
    ),
    "reliability": lambda: figures.reliability(
        {"as trained": calibration(RANDOM.dirichlet([1] * 5, 80), np.arange(80) % 5)}
    ),
    "trade": lambda: figures.trade(
        {"the teacher": (49, 91, (90, 92)), "student alone": (7, 70, (68, 72)), "student, distilled": (7, 78, None)},
        pairs=[("the teacher", "student, distilled")],
    ),
    "crowded trade": crowded_trade,
    "multiples": lambda: small_multiples([figures.bars_with_intervals(ROWS) for _ in range(3)], ["a 1", "a 2", "a 3"]),
}


def test_the_names_of_a_crowded_trade_do_not_touch_and_have_the_looks_asked_for():
    figure = crowded_trade()
    figures.encode(figure)
    figure.canvas.draw()
    names = {text.get_text(): text for text in figure.axes[0].texts}
    boxes = [text.get_window_extent(figure.canvas.get_renderer()) for text in names.values()]
    assert len(boxes) == 9
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert names["student alone"].get_color() == figures.text_colour(figures.look("scratch").colour)
    assert names["ViT"].get_color() == names["MobileNet"].get_color() == figures.text_colour("#222222")


def test_a_trade_needs_costs_that_a_log_axis_can_show():
    with pytest.raises(ValueError, match="nothing costs 0"):
        figures.trade({"nothing": (0, 90, None)})


def out_of_view(axes):
    """Tick labels beyond the limits: matplotlib keeps them but doesn't draw them."""
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        low, high = sorted(limits)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


def words(figure):
    hidden = {label for axes in figure.axes for label in out_of_view(axes)}
    for text in figure.findobj(Text):
        if (
            text not in hidden
            and text.get_visible()
            and text.get_text().strip()
            and not (isinstance(text, Annotation) and text.arrow_patch)
        ):
            axes = text.axes
            if axes is None or (axes.get_visible() and (axes.axison or text in axes.texts)):
                yield text


@pytest.mark.parametrize("name", DRAWN)
def test_draws_small_and_clips_no_word(name):
    figure = DRAWN[name]()
    data, kind, (width, height) = figures.encode(figure)
    image = Image.open(io.BytesIO(data))
    assert image.format == {"image/png": "PNG", "image/jpeg": "JPEG"}[kind]
    assert image.width >= 1.5 * width, "sharp on a retina screen"
    assert np.asarray(image.convert("L")).std() > 5, "not an empty page"
    limit = 400_000 if name in OF_PHOTOS else 60_000  # the photos are pure noise
    assert len(data) < limit
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    page = figure.bbox
    for text in words(figure):
        box = text.get_window_extent(renderer)
        inside = box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1
        assert inside, f"{text.get_text()!r} sticks out of the page: {box} of {page}"


def test_a_curve_has_room_for_losses_and_none_below_nothing():
    losses = figures.learning_curve(yosinski_gaps(), by="arm", x="layers", log=False)
    assert losses.axes[0].get_ylim()[0] < -8
    low = [{"method": "scratch", "photos": n, "mean": 1.0, "interval": (0.0, 9.0)} for n in (5, 50)]
    assert figures.learning_curve(low).axes[0].get_ylim()[0] == 0
    assert figures.learning_curve(low, limits=(-3, 40)).axes[0].get_ylim() == (-3, 40)


def test_each_live_point_has_its_ring():
    several = figures.learning_curve(curve_table(), live={"scratch": [(10, 30), (100, 44)], "borrowed": (100, 79)})
    assert sum(text.get_text() == "your run" for text in several.findobj(Annotation)) == 3


def test_line_end_labels_do_not_touch():
    figure = DRAWN["curve"]()
    figures.encode(figure)
    figure.canvas.draw()
    names = [figures.look(m, i).name for i, m in enumerate(dict.fromkeys(r["method"] for r in curve_table()))]
    labels = [t for t in figure.findobj(Annotation) if t.get_text() in names]
    assert len(labels) == 6
    boxes = [t.get_window_extent(figure.canvas.get_renderer()) for t in labels]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_curve_shows_means_intervals_live_and_guess():
    figure = DRAWN["curve"]()
    axes = figure.axes[0]
    drawn = {tuple(np.round(line.get_xydata()[0], 3)) for line in axes.lines if len(line.get_xydata()) == 1}
    assert {(100, 44), (100, 79), (100, 98)} <= drawn
    spans = [segment for c in axes.collections if hasattr(c, "get_segments") for segment in c.get_segments()]
    assert any(np.allclose(segment, [[10, 16], [10, 24]]) for segment in spans), "scratch, 10 photos: 20 ± 4"


def test_rates_are_written_as_in_code():
    axes = DRAWN["rates"]().axes[0]
    assert [axes.xaxis.get_major_formatter()(rate) for rate in (1e-5, 3e-4, 0.01, 0.1)] == [
        "1e-5",
        "3e-4",
        "0.01",
        "0.1",
    ]


def test_a_plan_says_what_is_frozen_and_what_has_which_rate():
    words = [text.get_text() for text in DRAWN["phases"]().axes[0].texts]
    assert words == ["frozen", "frozen", "1e-3", "3e-5", "3e-5", "3e-5"]


def test_a_transplant_shows_whose_layers_and_which_stand_still():
    words = [text.get_text() for text in DRAWN["transplants"]().axes[0].texts if text.get_text()]
    assert words == ["new", "new", "new", "from scratch", "A ❄", "A ❄", "new", "frozen", "B", "new", "new"]


def test_filters_keep_zero_grey_and_stand_by_how_colourful_they_are():
    grey = np.zeros((2, 3, 3, 3))
    grey[0, 0] = 1.0  # all red
    grey[1] = 0.5  # no colour at all
    sheet = figures.filter_grid({"A": grey}, columns=2).axes[0].get_images()[0].get_array()
    assert np.allclose(sheet[:3, :3], 1.0), "the grey one first"
    assert np.allclose(sheet[:3, 4:], [1.0, 0.5, 0.5])
    with pytest.raises(ValueError, match="filters are"):
        figures.filter_grid({"A": np.zeros((2, 1, 3, 3))})


def test_a_heat_map_writes_its_numbers_and_the_best_of_each_row_in_bold():
    texts = DRAWN["heat map"]().axes[0].texts
    assert [text.get_text() for text in texts] == list("012345")
    assert [text.get_text() for text in texts if text.get_fontweight() == "bold"] == ["2", "5"]
    with pytest.raises(ValueError, match="2 rows and 1 columns"):
        figures.heat_map(np.zeros((2, 2)), ["a", "b"], ["c"])


def test_thawing_shows_rates_only_of_what_is_thawed():
    figure = DRAWN["thawing"]()
    assert [text.get_text() for text in figure.axes[0].texts] == ["1e-3", "1e-4", "frozen"]
    solid = [line for line in figure.axes[1].lines if line.get_marker() not in ("None", "")]
    assert [len(line.get_xdata()) for line in solid] == [2, 2]


def test_a_forest_has_a_row_for_each_method_and_a_panel_for_each_place():
    figure = DRAWN["forest"]()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["known cameras", "new cameras", "night"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(
        dict.fromkeys(row["recipe"] for row in RECIPES)
    )
    points = [line.get_xydata().tolist() for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert points == [[[70, 0]], [[71, 1]], [[72, 2]]]


def test_a_map_shows_each_strategy_by_colour_name_and_marker():
    fig = figures.choice_map({"The best": MAP}, ["coats of strangers", "calls"], [50, 10_000])
    said = [text.get_text() for text in fig.axes[0].texts]
    assert {"frozen", "new", "1 behind", "norms alive", "+19 (16 to 21)"} <= set(said)
    assert [text.get_text() for text in fig.legends[0].get_texts()][:3] == ["frozen", "in views", "gradual"]
    with pytest.raises(ValueError, match="none of its rows"):
        figures.choice_map({"The best": MAP}, ["calls"], [50, 10_000])


def test_a_plane_names_its_regions_beside_the_dots_and_all_in_the_legend():
    fig = plane()
    names = {text.get_text(): text for text in fig.axes[0].texts}
    assert {"frozen", "gradual", *DOTS} <= set(names)
    assert names["frozen"].get_position()[1] > 50 > names["gradual"].get_position()[1]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["frozen", "gradual", "new"]
    with pytest.raises(ValueError, match="as many choices"):
        figures.choice_plane(SIZES, SHARES, PLANE[1:])


def test_the_marks_of_a_scatter_grow_with_its_order_if_asked():
    points = {"calls": [(50, -3.0, (-4, -2)), (60, 1.0, None), (70, 2.0, None)]}
    drawn = [figures.scatter(points, growing=words).axes[0].lines for words in ("", "larger marks: more photos")]
    sizes = [[line.get_markersize() for line in some if line.get_marker() == "v"] for some in drawn]
    assert len(set(sizes[0])) == 1 and sizes[1][:3] == sorted(set(sizes[1][:3])) and len(sizes[1]) == 4


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="No row with split='dusk'"):
        figures.forest(RECIPES, by="recipe", columns={"dusk": "dusk"})
    with pytest.raises(ValueError, match="No row with method='lora'"):
        figures.learning_curve(curve_table(), methods=["lora"])
    with pytest.raises(ValueError, match="no photo"):
        figures.photo_grid([])
    with pytest.raises(ValueError, match="2 photos but 1 captions"):
        figures.photo_grid(photos(2), ["one"])
    with pytest.raises(ValueError, match="9 photos, 9 labels"):
        figures.answer_grid(photos(9), LABELS, {"too few": LABELS[:3]}, SPECIES)
    with pytest.raises(ValueError, match="5 x 5"):
        figures.confusion_matrix([[1]], SPECIES)


def test_bars_show_intervals_below_zero_whole():
    axes = DRAWN["differences"]().axes[0]
    assert axes.get_xlim()[0] < -14 and axes.get_xlim()[1] > 7
    assert {text.get_text() for text in axes.texts} >= {"−6 points", "4 points"}


def test_neighbours_stand_beside_the_photo_asked_about():
    captions = [axes.get_xlabel() for axes in DRAWN["neighbours"]().axes]
    row = ["asked about", "near in pixels", "near in pixels", "near in features", "near in features"]
    assert [caption.split(":")[0] for caption in captions] == row * 2
    assert {caption.split("\n")[1] for caption in captions} == {"European badger"}


def test_the_wall_sorts_each_row_and_counts_all_photos():
    class Few(list):
        labels = np.array([0, 0, 1, 1])

    named = {10: [1, 0, 1, 0], 20: [1, 0, 1, 1]}
    draw = figures.answer_wall(Few((photo, 0) for photo in photos(4)), named, ["red fox", "roe deer"], title="{} seen")
    first, second = draw(10, 20).axes
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("10 seen: 50% right", "20 seen: 75% right")
    assert [text.get_text() for text in first.texts] == ["deer", "fox"]
    assert all(text.get_position()[0] > 120 for text in first.texts), "the ones most often wrong stand on the right"


def test_only_wrong_answers_are_written_over_the_photos():
    wrong = [4, 0, 0, 1, 1, 2, 3, 3, 4]
    axes = figures.answer_grid(photos(9), LABELS, {"two wrong": wrong}, SPECIES).axes[0]
    assert [text.get_text() for text in axes.texts] == ["lynx", "badger"]


@pytest.mark.parametrize("alt", ["", None, "figure"])
def test_no_figure_without_alt_text(alt):
    with pytest.raises(ValueError, match="alt text"):
        figures.show(figures.kitchen_map(), alt=alt)


def test_show_in_plain_python_says_it_in_words(capsys):
    figures.show(figures.kitchen_map(), alt="A network beside a kitchen.")
    assert capsys.readouterr().out == "[figure] A network beside a kitchen.\n"


def test_show_closes_pyplot_figures():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure()
    figures.show(figure, alt="An empty page, for once.")
    assert not pyplot.fignum_exists(figure.number)


def test_the_room_opens_without_matplotlib_or_ipywidgets():
    heavy = ("matplotlib", "ipywidgets", "torch", "timm", "torchvision", "pygments", "scipy")
    code = f"import sys, chapter9_lib.classroom; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "all three": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, vision):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(vision) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ seen) / np.array([0.9505, 1, 1.089])
    fx, fy, fz = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


@pytest.mark.parametrize("vision", VISION)
def test_palette_is_told_apart_by_every_kind_of_colour_vision(vision):
    colours = sorted({look.colour for look in figures.PALETTE.values()})
    apart = {
        (a, b): float(np.linalg.norm(lab(a, VISION[vision]) - lab(b, VISION[vision])))
        for a, b in itertools.combinations(colours, 2)
    }
    assert len(colours) == 6 and min(apart.values()) >= 19, min(apart.items(), key=lambda item: item[1])


def test_no_two_meanings_share_marker_and_dashes():
    drawn = [(look.marker, look.dashes, look.filled) for look in figures.PALETTE.values()]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("name", figures.PALETTE)
def test_words_in_a_palette_colour_can_be_read_on_white(name):
    colour = figures.text_colour(figures.PALETTE[name].colour)
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.49


def test_the_number_of_a_bar_that_points_left_stands_clear_of_it():
    row = {"method": "fine-tuned", "mean": -2.0, "interval": (-3.0, -1.0)}
    figure = figures.bars_with_intervals([row], unit="points")
    number = next(text for text in figure.axes[0].texts if "points" in text.get_text())
    assert number.xy[0] >= 0
