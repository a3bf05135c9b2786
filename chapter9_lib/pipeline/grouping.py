"""Which photos belong together: told by their folders, their EXIF, their names, or by being nearly the same picture."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from chapter9_lib.worlds.alike import alike_pairs, thumbnails
from chapter9_lib.worlds.photos import Photos

__all__ = ["Grouping", "find_groups"]

_TOGETHER = 60
"""Seconds between two photos of one camera up to which they are one burst."""
_MOST = 0.9
"""Share of the photos that must say something for it to be believed of all."""
_TIME, _MAKE, _MODEL, _SERIAL, _DETAILS = 0x9003, 0x010F, 0x0110, 0xA431, 0x8769


@dataclass(frozen=True)
class Grouping:
    """What is known of which photos belong together.

    Attributes:
        photos: the same photos, with `.groups`, and `.cameras` where they are known.
        told: how it is known, in sentences.
        twins: photos that are nearly the same picture as another one, and are kept on its side.
    """

    photos: Photos
    told: tuple[str, ...]
    twins: int


def find_groups(photos: Photos) -> Grouping:
    """Find out which photos must stay on one side of a split.

    What the photos say themselves (a table's `burst` and `camera`) counts first; then folders inside the class folders,
    times and cameras in the EXIF, and names such as seq12_03.jpg. Nearly equal pictures are kept together in any case.

    Args:
        photos: as they were opened.
    """
    told: list[str] = []
    cameras = photos.cameras
    inner = _inner_folders(photos)
    if cameras is None and inner is not None and len(photos) / len(set(inner)) > 10:
        cameras = inner
        told.append(f"cameras: the {len(set(inner))} folders inside the class folders")
    exif = [_exif(path) for path in photos.paths]
    if cameras is None and (serials := _believed([serial for _, serial in exif])) and len(set(serials)) > 1:
        cameras = np.array(serials)
        told.append(f"cameras: {len(set(serials))} of them, by their serial numbers in the EXIF")
    groups = photos.groups
    if groups is None and inner is not None and len(photos) / len(set(inner)) <= 10:
        groups = inner
        told.append(f"bursts: the {len(set(inner))} folders inside the class folders")
    if groups is None and (times := _believed([time for time, _ in exif])):
        groups = _bursts(times, cameras)
        told.append(f"bursts: {len(set(groups))}, by the times in the EXIF (a minute at most from photo to photo)")
    if groups is None and (named := _by_name(photos)) is not None:
        groups = named[0]
        told.append(f"bursts: {len(set(groups))}, {named[1]}")
    groups = np.array([str(path) for path in photos.paths]) if groups is None else np.asarray(groups, dtype=str)
    joined, twins = _with_twins(photos.paths, groups)
    if twins:
        told.append(f"{twins} photos are nearly the same picture as another one: kept on its side")
    if not told and photos.groups is None:
        told.append("nothing says which photos were taken together: each counts by itself")
    rows = [
        {**row, "group": str(group)} | ({} if cameras is None else {"camera": str(cameras[at])})
        for at, (row, group) in enumerate(zip(photos.manifest, joined, strict=True))
    ]
    marked = Photos(photos.paths, photos.labels, photos.classes, manifest=rows, report=photos.report)
    return Grouping(marked, tuple(told), twins)


def _inner_folders(photos: Photos) -> np.ndarray | None:
    """The folder of each photo inside its class folder; None where there are none, or only for some."""
    if photos.report is None:
        return None
    inside = [path.relative_to(photos.report.folder).parts[1:-1] if path.is_relative_to(photos.report.folder) else ()
              for path in photos.paths]  # fmt: skip
    names = ["/".join(parts) for parts in inside]
    return np.array(names) if all(names) and len(set(names)) > 1 else None


def _exif(path: Path) -> tuple[datetime | None, str | None]:
    """When a photo was taken, and by which camera."""
    try:
        with Image.open(path) as photo:
            exif = photo.getexif()
            details = exif.get_ifd(_DETAILS)
            written = str(details.get(_TIME) or exif.get(_TIME) or "").strip("\0 ")
            serial = str(details.get(_SERIAL) or exif.get(_SERIAL) or "").strip("\0 ")
        make = [str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL)]
        return (datetime.strptime(written, "%Y:%m:%d %H:%M:%S") if written else None,
                " ".join([*make, serial]).strip() if serial else None)  # fmt: skip
    except Exception:  # noqa: BLE001 - a damaged EXIF block says nothing
        return None, None


def _believed(found: Sequence) -> list | None:
    """What nearly all say; the silent ones count by themselves (None for a time, a name of its own for a camera)."""
    known = sum(value is not None for value in found)
    if known < _MOST * len(found) or not known:
        return None
    return [f"unknown {at}" if value is None and isinstance(_first(found), str) else value
            for at, value in enumerate(found)]  # fmt: skip


def _first(found: Sequence) -> object:
    return next(value for value in found if value is not None)


def _bursts(times: Sequence[datetime | None], cameras: np.ndarray | None) -> np.ndarray:
    """A number for each burst; a photo without a time is a burst of its own."""
    places = ["" for _ in times] if cameras is None else list(map(str, cameras))
    order = sorted((place, time, at) for at, (place, time) in enumerate(zip(places, times, strict=True)) if time)
    groups = np.array([f"alone {at}" for at in range(len(times))], dtype=object)
    last: tuple[str, datetime] | None = None
    number = 0
    for place, time, at in order:
        if last is None or last[0] != place or (time - last[1]).total_seconds() > _TOGETHER:
            number += 1
        groups[at], last = f"burst {number}", (place, time)
    return groups.astype(str)


def _by_name(photos: Photos) -> tuple[np.ndarray, str] | None:
    """Names that say what belongs together, and how: a number at their end that begins anew with each burst, as in
    seq12_03.jpg, or one that runs on through a burst and leaves a gap after it, as in CA-01_0006540.jpg."""
    found = [re.fullmatch(r"(.*?)(\d{1,9})", path.stem) for path in photos.paths]
    if sum(match is not None for match in found) < _MOST * len(found):
        return None
    names = [(f"{label}/{match[1] if match else path.stem}", int(match[2]) if match else 0)
             for match, path, label in zip(found, photos.paths, photos.labels, strict=True)]  # fmt: skip
    stems = np.array([stem for stem, _ in names])
    if _likely(stems, photos):
        return stems, "by the photos' names, which end in a number"
    runs, last = np.empty(len(names), dtype=object), ("", -2)
    for at in sorted(range(len(names)), key=names.__getitem__):
        stem, number = names[at]
        if (stem, number - 1) != last:
            run = f"{stem}{number}"
        runs[at], last = run, (stem, number)
    runs = runs.astype(str)
    return (runs, "by the photos' names, whose numbers have gaps between them") if _likely(runs, photos) else None


def _likely(groups: np.ndarray, photos: Photos) -> bool:
    """Whether these can be bursts: many, none of them huge, and not all of one photo."""
    sizes = Counter(groups.tolist())
    many = len(sizes) >= max(10, 3 * len(photos.classes))
    return many and max(sizes.values()) <= 0.2 * len(groups) and len(groups) / len(sizes) >= 1.5


def _with_twins(paths: Sequence[Path], groups: np.ndarray) -> tuple[np.ndarray, int]:
    """Groups joined where photos of two of them are nearly the same, and the number of such photos."""
    names, number = np.unique(groups, return_inverse=True)
    leader = np.arange(len(names))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = int(leader[at])
        return at

    kept, rows = thumbnails(paths)
    place = {path: at for at, path in enumerate(paths)}
    at_of, alike = [place[path] for path in kept], set()
    for one, other in alike_pairs(rows):
        first, second = find(number[at_of[one]]), find(number[at_of[other]])
        if first != second:
            alike |= {at_of[one], at_of[other]}
            leader[max(first, second)] = min(first, second)
    return names[[find(group) for group in number]], len(alike)
