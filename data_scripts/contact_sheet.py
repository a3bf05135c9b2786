"""Draw the README's picture: the five species, each by day, at dusk, in fog, in snow, by infrared, close, far, hidden.

    python -m data_scripts.contact_sheet        # writes docs/contact-sheet.jpg

Every photo is the first of its kind, by seed, at a site of the test cameras: none is picked by eye.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from chapter9_lib.worlds.trailcam import SPECIES, Rendering, Scene, render_parts, sample_scene
from chapter9_lib.worlds.trailcam.sets import PROBE, shows

SIZE, EDGE, GAP = (192, 144), 112, 4
TARGET = Path(__file__).resolve().parents[1] / "docs" / "contact-sheet.jpg"


def _clear(scene: Scene) -> Scene:
    return replace(scene, fog=0.0, rain=0.0, snowfall=0.0, snow_cover=0.0)


def _winter(scene: Scene) -> Scene:
    return replace(_clear(scene), day=20, hour=11.5, snow_cover=0.9, snowfall=0.4)


def _body(scene: Scene) -> float:
    return 0.5 * (scene.animal.build.shoulder + scene.animal.build.length)


COLUMNS: dict[str, tuple[str, Callable[[Scene], Scene], Callable[[Rendering], bool]]] = {
    "day": ("day", _clear, lambda seen: seen.visible > 0.9),
    "dusk": ("dusk", _clear, lambda seen: seen.visible > 0.8),
    "fog": ("day", lambda s: replace(_clear(s), fog=0.55), lambda seen: seen.visible > 0.7),
    "snow": ("day", _winter, lambda seen: seen.visible > 0.7),
    "infrared": ("infrared", _clear, lambda seen: seen.visible > 0.8),
    "close": ("day", lambda s: replace(s, distance=0.8 + 1.4 * _body(s)), lambda seen: 0.4 < seen.visible < 0.9),
    "far": ("day", lambda s: replace(_clear(s), distance=2.8 + 4.2 * _body(s)), lambda seen: seen.visible > 0.7),
    "hidden": ("day", lambda s: s, lambda seen: 0.35 < seen.visible < 0.6),
}
"""Column title -> light, what is changed in the scene, what the photo must show."""


def find(species: str, column: str) -> Rendering:
    """The first rendering by seed that fits the column."""
    light, change, fits = COLUMNS[column]
    for seed in range(400):
        camera = 17 + (seed + len(species) + len(column)) % 8
        scene = change(sample_scene(species, camera, 9000 + seed, light))
        seen = render_parts(scene, PROBE)
        if fits(seen) and shows(seen, 0.35):
            return render_parts(scene, SIZE)
    raise RuntimeError(f"No scene of {species} fits the column {column!r} in 400 tries.")


def main() -> None:
    """Render forty photos and paste them into one sheet."""
    width = EDGE + len(COLUMNS) * (SIZE[0] + GAP)
    sheet = Image.new("RGB", (width, 30 + len(SPECIES) * (SIZE[1] + GAP)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=17)
    for column, title in enumerate(COLUMNS):
        left = EDGE + column * (SIZE[0] + GAP)
        draw.text((left + SIZE[0] / 2, 15), title, "black", font, anchor="mm")
        for row, animal in enumerate(SPECIES):
            sheet.paste(find(animal.name, title).image, (left, 30 + row * (SIZE[1] + GAP)))
    for row, animal in enumerate(SPECIES):
        words = "\n".join(animal.name.split())
        draw.multiline_text(
            (EDGE / 2, 30 + (row + 0.5) * (SIZE[1] + GAP)), words, "black", font, anchor="mm", align="center"
        )
    TARGET.parent.mkdir(exist_ok=True)
    sheet.save(TARGET, quality=84, optimize=True)
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
