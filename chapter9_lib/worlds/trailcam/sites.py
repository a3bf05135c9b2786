"""Camera sites: each fixed place has a camera, a ground, plants and landmarks of its own, the same in every photo.

Sites 1–24 are the wildlife group's: each is one of the woods in `habitats`, dealt out like cards so that the new
cameras 17–24 stand in woods of the same kinds as the others. Sites from `SOURCE_SITES` up belong to the source world,
whose scenery is drawn from a wider range (dunes, heath, scree, snow, lawn, yard, room) and never repeats one of the
group's.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from .camera import Camera
from .distance import hang_shells
from .floor import foreground, lay, stones
from .habitats import SCENERY, WOODS, Habitat
from .landmarks import raise_landmark
from .layers import Layers
from .relief import Slope, Trail, draw_slopes, draw_trails
from .seasons import LEAFY, leaf_colours
from .solids import draw_solids
from .strokes import Strokes, draw
from .terrain import ground_layers, shade_feet, shade_under
from .trees import stand
from .undergrowth import grow

__all__ = ["SOURCE_SITES", "Site", "layers_of", "site"]

SOURCE_SITES = 1000


@dataclass(frozen=True)
class Site:
    """One place: what it is, its geometry in metres, and the character of its camera.

    `bank` is how far ahead the plain ends (1000 where nothing ends it), `heading` where the camera looks in degrees
    from north, `tint` a linear RGB factor, `strip` the number of the information strip's design.
    """

    number: int
    habitat: Habitat
    camera: Camera
    bank: float
    slopes: tuple[Slope, ...]
    trails: tuple[Trail, ...]
    landmarks: tuple[tuple[str, float], ...]
    trunks: int
    cover: dict[str, float]
    moss: float
    foreground: float
    thicket: float
    canopy: float
    wet: float
    tint: tuple[float, float, float]
    saturation: float
    noise: float
    blur: float
    strip: int
    heading: float

    @property
    def conifer(self) -> bool:
        """Whether the canopy stays in winter."""
        return self.habitat.conifer

    def half_width(self, z: np.ndarray | float) -> np.ndarray:
        """Half the width of the view `z` metres ahead."""
        return np.asarray(z) * np.tan(np.radians(self.camera.fov) / 2)

    def lift(self, x: np.ndarray | float, z: np.ndarray | float) -> np.ndarray:
        """Height of the ground at `(x, z)` above the plain."""
        x, z = np.asarray(x), np.asarray(z)
        return np.max([0 * x * z, *(slope.lift(x, z) for slope in self.slopes)], axis=0)

    def worn(self, x: np.ndarray | float, z: np.ndarray | float) -> np.ndarray:
        """How much of a trail `(x, z)` is, 0 to 1."""
        return np.max([0 * np.asarray(x), *(trail.worn(np.asarray(x), np.asarray(z)) for trail in self.trails)], axis=0)

    def settle(self, points: np.ndarray) -> np.ndarray:
        """`points` `(…, 3)` moved onto the ground."""
        return np.stack([points[..., 0], self.lift(points[..., 0], points[..., 2]), points[..., 2]], -1)

    def scatter(self, rng: np.random.Generator, n: int, near: float, far: float, clear: float = 0.0) -> np.ndarray:
        """`n` points on the ground, evenly over the picture, few on trails: `(n, 3)`.

        `clear` keeps that share of the middle free up to six metres ahead, where animals walk.
        """
        z = near * (far / near) ** rng.random(4 * n)
        side = rng.uniform(-1.15, 1.15, 4 * n)
        x = side * self.half_width(z)
        taken = (self.worn(x, z) > rng.uniform(0.1, 0.9, 4 * n)) | ((np.abs(side) < clear) & (z < 6))
        order = np.argsort(taken, kind="stable")[:n]
        return self.settle(np.stack([x, 0 * x, z], 1)[order])


@cache
def site(number: int) -> Site:
    """The site with this number; always the same."""
    rng = np.random.default_rng([9, number])
    habitat = _habitat(number)
    slopes, bank = draw_slopes(habitat, rng)
    tint = np.clip(1 + rng.normal(0, 0.05, 3), 0.88, 1.12)
    names = rng.permutation(np.array(habitat.landmarks, dtype=object))[: int(rng.integers(2, 4))]
    sides = rng.permutation([-0.75, -0.35, 0.3, 0.8])
    return Site(
        number=number,
        habitat=habitat,
        camera=Camera(rng.uniform(0.45, 1.15), rng.uniform(3, 12), rng.normal(0, 2.2), rng.uniform(40, 60)),
        bank=bank,
        slopes=slopes,
        trails=draw_trails(habitat, rng),
        landmarks=tuple((str(n), float(side + rng.normal(0, 0.1))) for n, side in zip(names, sides, strict=False)),
        trunks=int(rng.integers(habitat.trunks[0], habitat.trunks[1] + 1)),
        cover={name: float(rng.uniform(*span)) for name, span in habitat.cover.items()},
        moss=float(rng.uniform(*habitat.moss)),
        foreground=float(rng.beta(1.0, 1.6)) * (habitat.slopes[0] != "wall"),
        thicket=float(rng.uniform(*habitat.thicket)),
        canopy=float(rng.uniform(*habitat.canopy)),
        wet=float(rng.uniform(*habitat.wet)),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        saturation=float(rng.uniform(0.85, 1.3)),
        noise=float(rng.uniform(0.010, 0.026)),
        blur=float(rng.uniform(0.2, 0.75)),
        strip=int(rng.integers(0, 4)),
        heading=float(rng.uniform(0, 360)),
    )


def _habitat(number: int) -> Habitat:
    """Habitats are dealt like cards: each comes up once before any comes again."""
    source = number >= SOURCE_SITES
    cards = (*SCENERY * 3, *WOODS) if source else WOODS
    deal, card = divmod(number - (SOURCE_SITES if source else 1), len(cards))
    return cards[np.random.default_rng([8, source, deal]).permutation(len(cards))[card]]


@lru_cache(maxsize=256)
def layers_of(number: int, season: str, width: int, height: int) -> Layers:
    """The empty site as layers `(height, width)` before any light: ground, solids, plants of the `season`, distance."""
    place = site(number)
    rng = np.random.default_rng([10, number])
    rays = place.camera.rays(width, height).numpy().astype(np.float64)
    layers, spot = ground_layers(
        number, place.habitat.ground, place.slopes, place.trails, place.wet, place.camera, rays
    )
    own = rng.spawn(len(place.landmarks))
    marks = [raise_landmark(place, *mark, season, child) for mark, child in zip(place.landmarks, own, strict=True)]
    trees, floor, litter, loose, near = rng.spawn(5)
    solids = [*stones(place, loose), *(solid for _, more in marks for solid in more)]
    plants = [stand(place, season, trees), grow(place, season, floor), lay(place, season, litter),
              foreground(place, season, near), *(more for more, _ in marks)]  # fmt: skip
    drawn = Strokes.join(plants)
    feet = [(*solid.centre[[0, 2]], solid.reach) for solid in solids if solid.reach > 0.1]
    shade_feet(layers, spot, np.concatenate([np.reshape(feet, (-1, 3)), _feet(drawn)]))
    green = np.isin(drawn.material, (Layers.LEAF, Layers.GRASS)) & (drawn.start[:, 1] < 0.9)
    shade_under(layers, spot, drawn.start[green][:, [0, 2]])
    _hang(place, season, rays, layers)
    draw_solids(solids, place.camera, rays, layers)
    draw(drawn, place.camera, layers)
    kinds = {"albedo": np.float32, "normal": np.float32, "depth": np.float32, "material": np.int8}
    return Layers(**{name: getattr(layers, name).astype(kind) for name, kind in kinds.items()})


def _feet(drawn: Strokes) -> np.ndarray:
    """Where thick wood touches the ground nearby: rows of x, z, radius."""
    thick = (drawn.material == Layers.BARK) & (drawn.radius[:, 0] > 0.05) & (drawn.start[:, 2] < 14)
    points = np.concatenate([p[thick] for p in (drawn.start, drawn.bend, drawn.end)])
    radius = np.tile(drawn.radius[thick, 0], 3)
    return np.stack([points[:, 0], points[:, 2], radius], 1)[points[:, 1] < 0.5]


def _hang(place: Site, season: str, rays: np.ndarray, layers: Layers) -> None:
    if not place.habitat.far:
        return
    shells = np.array([9.5, 13.5, 19.0, 27.0]) * (1.0 if place.canopy > 0.3 else 1.6)
    kind = "spruce" if place.conifer else "birch" if place.habitat.trees[:1] == ("birch",) else "beech"
    lift = place.lift(np.zeros(4), shells)
    leafy = 1.0 if place.conifer else LEAFY[season]
    hang_shells(layers, rays, place.camera.height, lift, shells, place.habitat.far, place.thicket,
                leaf_colours(kind, season), leafy, 5.7 * place.number)  # fmt: skip
