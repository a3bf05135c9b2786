"""A careful viewer names 100 test photos without seeing a label.

    python -m data_scripts.viewers            # five sheets of twenty photos each, into runs/viewers/

Whoever looks writes one line a photo, `number,species`, into data_scripts/viewed/NAME.csv; `share_right` scores it.
The photos are drawn evenly over the species from the test set, shuffled, and bear a number only. The viewers so far
were vision-language models, which could enlarge and brighten what they saw.
"""

import csv
import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chapter9_lib.worlds import Photos, open_world

__all__ = ["SHEETS", "VIEWERS", "answers_of", "checksum", "chosen", "draw_sheets", "share_right"]

FOLDER = Path(__file__).resolve().parent / "viewed"
SHEETS, PER_SHEET, COLUMNS, SIZE, MARGIN = 5, 20, 4, (384, 288), 26
VIEWERS: tuple[str, ...] = tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@cache
def chosen() -> Photos:
    """The hundred photos, in the order of their numbers (from 1)."""
    photos = open_world("lab").photos("test").sample(SHEETS * PER_SHEET, seed=1)
    return photos.subset(np.random.default_rng(2).permutation(len(photos)))


def draw_sheets(folder: Path = Path("runs/viewers")) -> list[Path]:
    """Write the sheets as PNG; returns their paths."""
    photos, font, paths = chosen(), ImageFont.load_default(size=20), []
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in range(SHEETS):
        rows = PER_SHEET // COLUMNS
        page = Image.new("RGB", (COLUMNS * (SIZE[0] + 6), rows * (SIZE[1] + MARGIN)), "white")
        draw = ImageDraw.Draw(page)
        for place in range(PER_SHEET):
            number = sheet * PER_SHEET + place
            left, top = place % COLUMNS * (SIZE[0] + 6), place // COLUMNS * (SIZE[1] + MARGIN)
            page.paste(photos[number][0].resize(SIZE, Image.Resampling.BICUBIC), (left, top + MARGIN))
            draw.text((left + 4, top + 2), str(number + 1), "black", font)
        paths.append(folder / f"sheet-{sheet + 1}.png")
        page.save(paths[-1])
    return paths


def answers_of(viewer: str) -> list[str]:
    """What a viewer wrote, in the order of the photos; "" where nothing was written.

    Raises:
        ValueError: when a number is no photo's or a name no species'; names the file and the line.
    """
    path, known = FOLDER / f"{viewer}.csv", chosen().classes
    answers = [""] * len(chosen())
    with path.open(newline="", encoding="utf-8") as stream:
        for line, row in enumerate(csv.DictReader(stream), start=2):
            if not row["number"].isdigit() or not 1 <= int(row["number"]) <= len(answers):
                raise ValueError(f"{path.name}, line {line}: numbers run from 1 to {len(answers)}.")
            if row["species"] not in (*known, ""):
                raise ValueError(f"{path.name}, line {line}: {row['species']!r} is none of {', '.join(known)}.")
            answers[int(row["number"]) - 1] = row["species"]
    return answers


def checksum(viewer: str) -> str:
    """Of a viewer's answers; 16 hexadecimal digits."""
    return hashlib.sha256((FOLDER / f"{viewer}.csv").read_bytes()).hexdigest()[:16]


def share_right(viewer: str, sheet: int) -> float:
    """Share of a sheet's photos (0 to 4) that a viewer named right.

    Raises:
        RuntimeError: when the viewer looked at the photos of another world.
    """
    looked = json.loads((FOLDER / "world.json").read_text())["hash"]
    if looked != open_world("lab").hash:
        raise RuntimeError(f"The viewers looked at the world {looked}: show them these photos and write it down anew.")
    photos = chosen()
    right = [answer == photos.classes[label] for answer, label in zip(answers_of(viewer), photos.labels, strict=True)]
    return float(np.mean(right[sheet * PER_SHEET : (sheet + 1) * PER_SHEET]))


if __name__ == "__main__":
    print("\n".join(map(str, draw_sheets())))
