"""The catalogue of places: what each kind of wood, or of source scenery, is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["SCENERY", "WOODS", "Habitat"]

Span = tuple[float, float]


@dataclass(frozen=True)
class Habitat:
    """One kind of place, as ranges that a site draws from.

    Attributes:
        ground: key of `grounds.GROUNDS`.
        trees: kinds of tree, keys of `trees.TREES`; the first is the most common.
        trunks: how many stand near; girth: radius of a trunk in metres.
        cover: what grows on the floor and how much, 0 to 1, keys of `undergrowth` and `floor`.
        landmarks: what may stand or lie here, keys of `landmarks`.
        slopes: which slopes surround the plain: `bank`, `hill`, `left`, `right`, `wall`, `corner`.
        slope_ground: what the slopes are made of.
        trails: `path`, `ruts`, `stream`, or none.
        far: style of the wood behind, `broad`, `conifer` or empty for an open view.
        thicket: how dense that wood is; canopy: share of the sun that crowns block; wet: 0 (dry) to 1 (pools);
            moss: share of bark and stone that it covers.
    """

    name: str
    ground: str
    trees: tuple[str, ...] = ()
    trunks: tuple[int, int] = (0, 0)
    girth: Span = (0.08, 0.25)
    cover: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}))
    landmarks: tuple[str, ...] = ()
    slopes: tuple[str, ...] = ("hill",)
    slope_ground: str = ""
    trails: tuple[str, ...] = ()
    far: str = "broad"
    thicket: Span = (0.3, 0.7)
    canopy: Span = (0.4, 0.8)
    wet: Span = (0.0, 0.0)
    moss: Span = (0.0, 0.4)

    @property
    def conifer(self) -> bool:
        """Whether the trees stay green in winter."""
        return self.far == "conifer"


WOODS: tuple[Habitat, ...] = (
    Habitat(
        "beech hall", "beech litter", ("beech",), (9, 16), (0.10, 0.32),
        {"litter": (0.8, 1.0), "saplings": (0.1, 0.5), "herbs": (0, 0.15), "twigs": (0.4, 0.9)},
        ("log", "fork", "stump", "saplings"), ("hill",), far="broad", thicket=(0.1, 0.4), canopy=(0.6, 0.9),
    ),
    Habitat(
        "spruce plantation", "needles", ("spruce",), (16, 28), (0.07, 0.17),
        {"litter": (0.1, 0.25), "twigs": (0.6, 1.0), "ferns": (0, 0.3)},
        ("stump", "log", "brush", "young spruce"), ("hill",), far="conifer", thicket=(0.5, 0.9), canopy=(0.6, 0.9),
        moss=(0.4, 0.9),
    ),
    Habitat(
        "birch and heather", "heath", ("birch", "birch", "pine"), (8, 15), (0.05, 0.13),
        {"heather": (0.5, 1.0), "grass": (0.25, 0.6), "tussocks": (0.1, 0.4)},
        ("lean", "stump", "boulder", "young spruce"), ("hill",), far="broad", thicket=(0.15, 0.45), canopy=(0.15, 0.4),
        moss=(0.1, 0.4),
    ),
    Habitat(
        "forest edge", "turf", ("oak", "beech"), (3, 7), (0.12, 0.35),
        {"grass": (0.8, 1.0), "tall grass": (0.3, 0.8), "herbs": (0.3, 0.7), "flowers": (0.3, 0.8),
         "bushes": (0.3, 0.7)},
        ("fence", "fork", "boulder"), ("hill",), far="broad", thicket=(0.6, 0.9), canopy=(0.05, 0.3),
    ),
    Habitat(
        "stream bed", "gravel", ("alder", "beech"), (5, 10), (0.07, 0.2),
        {"stones": (0.7, 1.0), "ferns": (0.2, 0.5), "herbs": (0.1, 0.4), "litter": (0.1, 0.4)},
        ("boulder", "boulder", "log", "lean"), ("left", "right", "hill"), "oak litter", ("stream",), "broad",
        (0.4, 0.8), (0.4, 0.8), moss=(0.2, 0.6),
    ),
    Habitat(
        "sunken path", "earth", ("oak", "beech"), (4, 8), (0.10, 0.28),
        {"roots": (0.6, 1.0), "herbs": (0.4, 0.9), "litter": (0.2, 0.6), "stones": (0.2, 0.5), "ivy": (0.2, 0.7),
         "bushes": (0.1, 0.4)},
        ("log", "lean"), ("bank",), "earth", ("path",), "broad", (0.4, 0.8), (0.3, 0.7),
    ),
    Habitat(
        "boulder slope", "oak litter", ("beech", "spruce"), (8, 14), (0.08, 0.25),
        {"stones": (0.3, 0.6), "ferns": (0.2, 0.5), "litter": (0.5, 0.9), "twigs": (0.3, 0.7)},
        ("boulder", "boulder", "boulder", "log"), ("hill", "left"), "oak litter", (), "broad", (0.3, 0.6), (0.5, 0.85),
        moss=(0.5, 0.9),
    ),
    Habitat(
        "alder swamp", "mud", ("alder", "alder", "birch"), (9, 16), (0.05, 0.14),
        {"reeds": (0.4, 0.9), "tussocks": (0.6, 1.0), "grass": (0.2, 0.5), "litter": (0.1, 0.4)},
        ("lean", "log", "stump"), ("hill",), far="broad", thicket=(0.4, 0.8), canopy=(0.3, 0.6), wet=(0.5, 0.85),
        moss=(0.3, 0.7),
    ),
    Habitat(
        "clear-cut", "oak litter", ("birch", "spruce"), (2, 5), (0.04, 0.12),
        {"bracken": (0.5, 1.0), "grass": (0.3, 0.7), "brambles": (0.3, 0.8), "twigs": (0.8, 1.0), "litter": (0.2, 0.5)},
        ("stump", "stump", "stump", "brush", "young spruce"), ("hill",), far="conifer", thicket=(0.5, 0.8),
        canopy=(0.0, 0.15),
    ),
    Habitat(
        "forest track", "turf", ("oak", "spruce", "birch"), (8, 14), (0.08, 0.22),
        {"grass": (0.5, 0.9), "herbs": (0.3, 0.6), "brambles": (0.1, 0.5), "litter": (0.2, 0.5), "bushes": (0.2, 0.5)},
        ("fence", "post", "stack"), ("hill",), "", ("ruts",), "broad", (0.5, 0.8), (0.2, 0.6),
    ),
    Habitat(
        "pine wood", "needles", ("pine",), (8, 15), (0.10, 0.22),
        {"bilberry": (0.5, 1.0), "grass": (0.1, 0.4), "twigs": (0.4, 0.8)},
        ("log", "boulder", "young spruce", "stump"), ("hill",), far="conifer", thicket=(0.2, 0.5), canopy=(0.3, 0.6),
        moss=(0.4, 0.8),
    ),
    Habitat(
        "bramble oakwood", "oak litter", ("oak", "birch", "beech"), (7, 12), (0.08, 0.26),
        {"brambles": (0.5, 1.0), "bushes": (0.4, 0.8), "ivy": (0.3, 0.8), "litter": (0.6, 1.0), "herbs": (0.2, 0.5)},
        ("lean", "fork", "log", "stump"), ("hill",), "", ("path",), "broad", (0.6, 0.9), (0.4, 0.8),
    ),
)  # fmt: skip
"""Where the wildlife group's 24 cameras hang."""

SCENERY: tuple[Habitat, ...] = (
    Habitat("dunes", "sand", cover={"tussocks": (0.2, 0.6), "tall grass": (0.1, 0.4)}, landmarks=("log", "fence"),
            slopes=("hill", "left"), slope_ground="sand", far="", canopy=(0, 0)),
    Habitat("heath", "heath", ("birch", "pine"), (0, 4), (0.05, 0.12), {"heather": (0.5, 1), "grass": (0.2, 0.6)},
            ("boulder", "post"), far="", canopy=(0, 0.1)),
    Habitat("scree", "stone", cover={"stones": (0.8, 1), "tussocks": (0, 0.2)},
            landmarks=("boulder", "boulder", "boulder"), slopes=("bank", "right"), slope_ground="stone", far="",
            canopy=(0, 0)),
    Habitat("snowfield", "snow", ("spruce",), (0, 5), (0.06, 0.14), {"twigs": (0, 0.2)}, ("young spruce", "post"),
            slope_ground="snow", far="conifer", thicket=(0.2, 0.6), canopy=(0, 0.1)),
    Habitat("lawn", "lawn", ("oak",), (0, 2), (0.1, 0.2), {"grass": (0.2, 0.5), "bushes": (0.2, 0.7),
            "flowers": (0, 0.4)}, ("crate", "fence"), far="broad", thicket=(0.6, 0.9), canopy=(0, 0.2)),
    Habitat("yard", "stone", cover={"herbs": (0, 0.15), "litter": (0, 0.2)},
            landmarks=("crate", "barrel", "stack", "post"), slopes=("wall",), slope_ground="bricks", far="",
            canopy=(0, 0.2)),
    Habitat("room", "boards", landmarks=("crate", "barrel", "crate"), slopes=("wall", "corner"), slope_ground="plaster",
            far="", canopy=(0, 0)),
    Habitat("field", "earth", cover={"tussocks": (0, 0.2), "stones": (0.1, 0.4)}, landmarks=("post",), trails=("ruts",),
            far="broad", thicket=(0.3, 0.8), canopy=(0, 0)),
    Habitat("meadow", "turf", ("birch",), (0, 3), (0.05, 0.15), {"tall grass": (0.5, 1), "flowers": (0.4, 1),
            "grass": (0.6, 1), "herbs": (0.2, 0.6)}, ("fence", "boulder"), far="broad", thicket=(0.3, 0.8),
            canopy=(0, 0.1)),
    Habitat("barn", "earth", cover={"litter": (0.1, 0.5)}, landmarks=("barrel", "crate", "stack"), slopes=("wall",),
            slope_ground="boards", far="", canopy=(0, 0.3)),
    Habitat("shingle", "gravel", cover={"stones": (0.5, 1)}, landmarks=("log", "boulder"), slopes=("hill",),
            slope_ground="sand", trails=("stream",), far="", canopy=(0, 0)),
)  # fmt: skip
"""Scenery of the source world, beside the woods."""
