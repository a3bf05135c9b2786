"""More than forty files that people's folders really hold, and what must become of each."""

import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pictures import picture
from PIL import Image

OUT, CHANGED, USED, PASSED = "left out", "used, changed in memory", "used", "passed over"
FOX = (190, 90, 30)
Make = Callable[[Path], object]


def encoded(kind: str, number: int = 5000, **options: object) -> bytes:
    data = io.BytesIO()
    picture(FOX, number).save(data, kind, **options)
    return data.getvalue()


def _writes(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def _saves(change: Callable[[Image.Image], Image.Image], number: int, **options: object) -> Make:
    return lambda path: change(picture(FOX, number)).save(path, **options)


def _same(image: Image.Image) -> Image.Image:
    return image


def _bomb(path: Path) -> None:
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT\x35\xaf\x06\x1e")


def _rotated(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(FOX, 5001).save(path, exif=exif)


def _broken_exif(path: Path) -> None:
    whole = encoded("JPEG", 5002)
    path.write_bytes(whole[:2] + b"\xff\xe1\x00\x14Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00\x00\x00" + whole[2:])


def _alpha(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _palette_with_a_hole(path: Path) -> None:
    picture(FOX, 5003).quantize(32).save(path, transparency=0)


def _deep(path: Path) -> None:
    grey = np.asarray(picture(FOX, 5004).convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(path)


def _floats(path: Path) -> None:
    Image.fromarray(np.asarray(picture(FOX, 5005).convert("L")).astype(np.float32) / 255).save(path)


def _frames(path: Path) -> None:
    picture(FOX, 5006).save(path, save_all=True, append_images=[picture(FOX, 5007), picture(FOX, 5008)])


JPEG, PNG = encoded("JPEG"), encoded("PNG")
NASTY: dict[str, tuple[Make, str]] = {
    "empty.jpg": (_writes(b""), OUT),
    "half.jpg": (_writes(JPEG[: len(JPEG) // 2]), OUT),
    "first bytes alone.jpg": (_writes(JPEG[:3]), OUT),
    "half progressive.jpg": (_writes(encoded("JPEG", progressive=True)[:900]), OUT),
    "half.png": (_writes(PNG[: len(PNG) // 2]), OUT),
    "half.webp": (_writes(encoded("WEBP")[:200]), OUT),
    "half.gif": (_writes(encoded("GIF")[:900]), OUT),
    "noise.jpg": (_writes(np.random.default_rng(0).bytes(3000)), OUT),
    "zeros.jpg": (_writes(bytes(4000)), OUT),
    "text.jpg": (_writes(b"a fox, I promise"), OUT),
    "page.jpg": (_writes(b"<!DOCTYPE html><title>404</title>"), OUT),
    "document.jpg": (_writes(b"%PDF-1.7 nothing"), OUT),
    "archive.jpg": (_writes(b"PK\x03\x04" + bytes(60)), OUT),
    "pointer.jpg": (_writes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), OUT),
    "drawing.jpg": (_writes(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), OUT),
    "video.jpg": (_writes(b"\0\0\0\x18ftypmp42" + bytes(40)), OUT),
    "phone.heic": (_writes(b"\0\0\0\x18ftypheic" + bytes(40)), OUT),
    "raw.nef": (_writes(b"MM\x00*" + bytes(60)), OUT),
    "bomb.png": (_bomb, OUT),
    "renamed by a program.jpg_original": (_writes(JPEG), OUT),
    "png inside.jpg": (_writes(encoded("PNG", 5010)), CHANGED),
    "jpeg inside.png": (_writes(encoded("JPEG", 5011)), CHANGED),
    "for print.jpg": (_saves(lambda image: image.convert("CMYK"), 5012), CHANGED),
    "deep grey.png": (_deep, CHANGED),
    "floats.tif": (_floats, CHANGED),
    "see-through.png": (_saves(_alpha, 5013), CHANGED),
    "palette with a hole.png": (_palette_with_a_hole, CHANGED),
    "on its side.jpg": (_rotated, CHANGED),
    "moving.gif": (_frames, CHANGED),
    "moving.webp": (_frames, CHANGED),
    "pages.tif": (_frames, CHANGED),
    "damaged exif.jpg": (_broken_exif, USED),
    "grey.jpg": (_saves(lambda image: image.convert("L"), 5014), USED),
    "two colours.png": (_saves(lambda image: image.convert("1"), 5015), USED),
    "palette.png": (_saves(lambda image: image.quantize(64), 5016), USED),
    "SHOUTED.JPG": (_writes(encoded("JPEG", 5017)), USED),
    "garbage behind.jpg": (_writes(encoded("JPEG", 5018) + bytes(500)), USED),
    "a name with spaces, #1 & 100%.jpg": (_writes(encoded("JPEG", 5019)), USED),
    "Füchse – 狐.jpg": (_writes(encoded("JPEG", 5020)), USED),
    "one pixel.png": (_saves(lambda image: image.resize((1, 1)), 5021), USED),
    "a line.png": (_saves(lambda image: image.resize((3000, 1)), 5022), USED),
    "old.bmp": (_saves(_same, 5023), USED),
    "new.webp": (_saves(_same, 5024), USED),
    "Thumbs.db": (_writes(b"\xd0\xcf\x11\xe0"), PASSED),
    "._half of a mac file.jpg": (_writes(b"\0\x05\x16\x07"), PASSED),
    ".hidden.jpg": (_writes(JPEG), PASSED),
    "notes.txt": (_writes(b"battery changed"), PASSED),
    "clip.mp4": (_writes(b"\0\0\0\x18ftypmp42"), PASSED),
}
"""{file: (what makes it, what must become of it)}."""
if sys.platform != "win32":
    NASTY |= {
        "gone.jpg": (lambda path: path.symlink_to("nowhere.jpg"), OUT),
        "a pipe.jpg": (lambda path: os.mkfifo(path), OUT),
        "another pipe": (lambda path: os.mkfifo(path), PASSED),
        "a name of\ntwo lines.jpg": (_writes(encoded("JPEG", 5025)), USED),
    }


def make_nasty(folder: Path) -> None:
    """Put them all into a folder."""
    for name, (make, _) in NASTY.items():
        make(folder / name)
