"""Claims of notebook 02, Why borrowing works."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_GRID, _THAWED, _ALIKE, _RECOVERY = "transfer-grid", "transfer-grid-thawed", "similarity", "recovery"
_FAR = "transfer-grid-dissimilar"
_PROBES, _VALLEYS = "stage-probes", "valleys"
_BASE = {"arm": "base", "half": "B"}


def _alike(layer: str, other: str | None = None) -> Callable[[Record], Measured]:
    """How much more alike A and B are in a layer than A and a random network, or than A and B in another layer."""
    against = (
        {"pair": "A and a random network", "layer": layer} if other is None else {"pair": "A and B", "layer": other}
    )
    return lambda record: record.difference({"pair": "A and B", "layer": layer}, against)


def _cell(arm: str, layers: int) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"arm": arm, "layers": layers}, _BASE)


def _recovered(layers: int, epochs: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"layers": layers, "epochs": epochs}, {"layers": layers, "epochs": "base"})


def _probe(attribute: str, late: str, early: str) -> Callable[[Record], Measured]:
    keys = {"network": "trained"}
    return lambda record: record.difference(
        {**keys, "probe": f"{attribute} at {late}"}, {**keys, "probe": f"{attribute} at {early}"}
    )


def _scratch_minus_borrowed(measure: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference(
        {"start": "scratch", "measure": measure}, {"start": "borrowed", "measure": measure}
    )


claim(
    "Y1",
    "The first layers learn the same features, whatever the task.",
    Test("likeness of A and B in conv1, minus that of A and a random network", _ALIKE, _alike("conv1")),
    Test("likeness of A and B in conv1, minus that in fc7", _ALIKE, _alike("conv1", "fc7")),
    so="Expect the first layers to serve any task, and take them.",
)

claim(
    "Y2",
    "Three layers from another task cost almost nothing, later ones do, and fine-tuning brings most of it back.",
    *(
        Test(f"A{layers}B minus base: less than a point lost", _GRID, _cell("AnB", layers), bar=-1)
        for layers in (1, 2, 3)
    ),
    *(Test(f"A{layers}B minus base: a loss", _GRID, _cell("AnB", layers), above=False) for layers in (5, 7)),
    Test("A7B+ minus base: less than a point lost", _THAWED, _cell("AnB+", 7), bar=-1),
    Test("from living to man-made, A3B minus base: less than a point lost", _FAR, _cell("AnB", 3), bar=-1),
    so="The farther the tasks are apart, the fewer layers to take as they are.",
)

claim(
    "Y3",
    "Even deep, specialised layers need only a few gentle epochs.",
    *(
        Test(f"{layers} layers of A, after 3 epochs, minus base: less than a point lost", _RECOVERY,
             _recovered(layers, "3"), bar=-1)
        for layers in (5, 7)
    ),
    so="Thaw for a few epochs, and look.",
)  # fmt: skip

claim(
    "Y4",
    "From edges to textures, patterns, parts and the task: each layer sees more of the whole than the one before.",
    Test("edge direction: read off conv1 minus off layer4", _PROBES, _probe("edge direction", "conv1", "layer4")),
    Test("pattern of the coat: off layer2 minus off conv1", _PROBES, _probe("pattern", "layer2", "conv1")),
    Test("parts (headgear): off layer4 minus off layer1", _PROBES, _probe("headgear", "layer4", "layer1")),
    Test("the kind: off layer4 minus off layer2", _PROBES, _probe("kind", "layer4", "layer2")),
    so="Don't trust pictures of layers: read off them what you want to know.",
)

claim(
    "K3",
    "Borrowing starts in a smoother, wider valley, and the walk to its bottom is shorter.",
    Test("epochs to a training loss of 0.5: scratch minus borrowed", _VALLEYS,
         _scratch_minus_borrowed("epochs to a loss of 0.5")),
    Test("distance walked: scratch minus borrowed", _VALLEYS, _scratch_minus_borrowed("distance walked")),
    Test("sharpness at the bottom: scratch minus borrowed", _VALLEYS, _scratch_minus_borrowed("sharpness")),
    Test("wall between the ends of two runs: scratch minus borrowed", _VALLEYS,
         _scratch_minus_borrowed("barrier between two runs")),
    so="Borrowed weights want few epochs and a low rate.",
)  # fmt: skip
