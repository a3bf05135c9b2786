"""Open one photo safely: it comes back upright, in RGB, 8 bits a channel; or an error names what is wrong with it."""

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

from chapter9_lib.models.pictures import to_rgb, turn_upright

__all__ = [
    "MAX_PIXELS",
    "PHOTO_SUFFIXES",
    "Reading",
    "UnreadablePhoto",
    "decoded",
    "looks_like_photo",
    "open_photo",
    "read_photo",
]

MAX_PIXELS = 100_000_000
"""Larger pictures are refused: 100 megapixels already take 400 MB of memory, and twice or more while converted."""
_LARGE, _LESS = 25_000_000, 4
"""Pixels from which on pictures are decoded one at a time; how many times narrower and lower such are handed on by
quick reading."""
_one_by_one = threading.Lock()
Decoded = TypeVar("Decoded")

_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
_FORMATS = {
    "JPEG": _JPEG,
    "MPO": (*_JPEG, ".mpo"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k"),
    "AVIF": (".avif",),
}
_RAW = (".dng", ".nef", ".cr2", ".cr3", ".arw", ".orf", ".rw2", ".raf", ".heic", ".heif")
PHOTO_SUFFIXES = frozenset(suffix for group in (*_FORMATS.values(), _RAW) for suffix in group)
"""File endings, in lower case, that mean "this is a photo"."""

_PHOTO_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\x00", b"MM\x00*")
_OTHER_STARTS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"<!doctype html": "a web page, perhaps a failed download",
    b"<html": "a web page, perhaps a failed download",
    b"version https://git-lfs": "a Git LFS pointer, the photo itself was never fetched",
}


class UnreadablePhoto(ValueError):
    """A file that can't be used as a photo. `.path`, `.reason` and `.cure` say which, why, and what to do."""

    def __init__(self, path: Path, reason: str, cure: str) -> None:
        super().__init__(f"{path}: {reason}; {cure}")
        self.path, self.reason, self.cure = path, reason, cure

    def __reduce__(self) -> tuple[type, tuple[Path, str, str]]:
        return type(self), (self.path, self.reason, self.cure)


@dataclass(frozen=True)
class Reading:
    """A photo as read: the RGB image, the changes it took to get there as pairs (what it was, what was done), and its
    width and height as stored."""

    image: Image.Image
    changes: tuple[tuple[str, str], ...]
    size: tuple[int, int]


def open_photo(path: str | Path) -> Image.Image:
    """Open a photo as an upright RGB image.

    Turned by its EXIF orientation; CMYK and palettes converted; transparent parts shown **on white**, as browsers
    do; the first frame of an animation; 16-bit grey divided by 257, so that white stays white.

    Raises:
        UnreadablePhoto: missing, empty, cut off, damaged, not a photo, or over 100 megapixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_photo(Path(path)).image


def read_photo(path: Path, *, max_pixels: int = MAX_PIXELS, quick: bool = False) -> Reading:
    """Open a photo and say what had to be changed.

    Args:
        path: the file.
        max_pixels: refuse pictures with more pixels than this, before any memory is taken for them.
        quick: decode JPEGs at a fraction of their size, to find damage at a fraction of the time; others come back
            smaller where they are large.

    Raises:
        UnreadablePhoto: see `open_photo`.
    """
    try:
        if path.exists() and not path.is_file():  # reading from a pipe would wait for ever
            raise UnreadablePhoto(path, "no file, but a folder, a pipe or a device", "take it away")
        with path.open("rb") as stream:
            head = stream.read(64)
            if not head:
                raise UnreadablePhoto(path, "the file is empty (0 bytes)", "copy it from the camera again")
            if path.suffix.lower() in _RAW:
                raise UnreadablePhoto(path, f"{path.suffix} files can't be read here", "export it as JPEG")
            stream.seek(0)
            with Image.open(stream, formats=_readable_formats()) as image:
                return _convert(path, image, max_pixels, quick)
    except UnreadablePhoto:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise _explain(path, error) from error


def decoded(
    image: Image.Image, work: Callable[[], Decoded], draft: tuple[str | None, tuple[int, int]] | None = None
) -> Decoded:
    """What comes of a work that decodes an opened picture. Large ones have their turn one at a time, so that threads
    side by side never hold several of them; all others are decoded at once.

    Args:
        image: what `Image.open` gave.
        work: decodes it; must not ask for another turn.
        draft: the mode and size that a JPEG is decoded to, roughly; one that is stored in several passes takes the
            memory of its full size in any case.
    """
    whole = image.width * image.height
    if draft is not None:
        image.draft(*draft)
    if (whole if image.info.get("progressive") else image.width * image.height) < _LARGE:
        return work()
    with _one_by_one, ThreadPoolExecutor(1) as pool:  # each thread hoards what it has freed, but for one that ends
        return pool.submit(work).result()


def looks_like_photo(path: Path) -> bool:
    """Whether a file starts as JPEG, PNG, GIF, TIFF or WebP files do, whatever its name says."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError:
        return False
    return head.startswith(_PHOTO_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


@cache
def _readable_formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _convert(path: Path, image: Image.Image, max_pixels: int, quick: bool) -> Reading:
    changes = []
    width, height = image.size
    if width * height > max_pixels:
        raise _too_large(path, f"{width} x {height} pixels", max_pixels)
    name = image.format or ""
    if path.suffix.lower() not in _FORMATS.get(name, ()):
        changes.append((f"wrong suffix: a {name} file named {path.suffix or 'without one'}", "read as what it is"))
    if getattr(image, "is_animated", False) and name != "MPO":
        changes.append((f"animated or of several pages ({image.n_frames} frames)", "the first frame is used"))
        image.seek(0)

    def rgb() -> Image.Image:
        image.load()
        whole = to_rgb(turn_upright(image, changes), changes)
        return whole.reduce(_LESS) if quick and whole.width * whole.height >= _LARGE else whole

    return Reading(decoded(image, rgb, (None, (256, 256)) if quick else None), tuple(changes), (width, height))


def _too_large(path: Path, size: str, max_pixels: int) -> UnreadablePhoto:
    limit = f"more than the limit of {max_pixels / 1e6:.0f} megapixels"
    return UnreadablePhoto(path, f"huge: {size}, {limit}", "make a smaller copy")


def _explain(path: Path, error: Exception) -> UnreadablePhoto:
    if isinstance(error, Image.DecompressionBombError):
        return _too_large(path, "hundreds of megapixels", MAX_PIXELS)
    if isinstance(error, FileNotFoundError):
        return UnreadablePhoto(path, "there is no such file", "was it moved or renamed?")
    if isinstance(error, UnidentifiedImageError):
        return _not_a_photo(path)
    if "truncated" in str(error).lower() or isinstance(error, EOFError):
        return UnreadablePhoto(path, "cut off: the file ends before the picture does", "copy it from the camera again")
    if isinstance(error, OSError) and error.errno is not None:
        return UnreadablePhoto(path, f"can't be opened ({error.strerror})", "check the permissions of the file")
    return UnreadablePhoto(path, f"damaged: it can't be decoded ({error})", "copy it again, or open and save it anew")


def _not_a_photo(path: Path) -> UnreadablePhoto:
    with path.open("rb") as stream:
        head = stream.read(64)
    for start, name in _OTHER_STARTS.items():
        if head.lstrip().lower().startswith(start.lower()):
            return UnreadablePhoto(path, f"not a photo but {name}", "replace it with the photo, or take it away")
    if head[4:8] == b"ftyp":
        return UnreadablePhoto(path, "a HEIC photo or a video, which can't be read here", "export it as JPEG")
    if looks_like_photo(path):
        return UnreadablePhoto(path, "cut off or damaged at its very start", "copy it from the camera again")
    return UnreadablePhoto(path, "not a photo that can be read", "is it a JPEG or PNG at all? export it as JPEG")
