"""Which photos belong together: told by their folders, their EXIF, their names, or by being nearly the same picture."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from chapter9_lib.pipeline.opening import PARTS
from chapter9_lib.worlds.alike import alike_groups, thumbnail
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.reading import decoded
from chapter9_lib.worlds.splits import connected

__all__ = ["Grouping", "find_groups"]

_TOGETHER = 60
"""Seconds between two photos of one camera up to which they are one burst."""
_MOST = 0.9
"""Share of the photos that must say something for it to be believed of all."""
_CAMERAS = 3
"""Cameras that every class must have been seen by, where cameras are kept whole because nothing tells bursts."""
_PHOTOS = 3
"""Photos of a camera, on average, from which on a name can be a camera's."""
_UNKNOWN = "unknown camera"
_TIME, _MAKE, _MODEL, _SERIAL, _DETAILS = 0x9003, 0x010F, 0x0110, 0xA431, 0x8769


@dataclass(frozen=True)
class Grouping:
    """What is known of which photos belong together.

    Attributes:
        photos: the same photos, with `.groups`, and `.cameras` where they are known.
        unit: what a group is: "burst", "camera", or "photo" where nothing tells.
        told: how it is known, in sentences.
        twins: photos that are nearly the same picture as one of another group; such groups count as one.
    """

    photos: Photos
    unit: str
    told: tuple[str, ...]
    twins: int


@dataclass(frozen=True)
class _Look:
    """What a file says of itself."""

    time: datetime | None
    serial: str | None
    small: np.ndarray | None


def find_groups(photos: Photos) -> Grouping:
    """Find out which photos must stay on one side of a split.

    What the photos say themselves (a table's `burst` and `camera`) counts first; then folders inside the class folders,
    times and cameras in the EXIF, and names such as seq12_03.jpg. Nearly equal pictures are kept together in any case.

    Args:
        photos: as they were opened.
    """
    looks = _look_at(photos.paths)
    told: list[str] = []
    cameras = _cameras(photos, looks, told)
    bursts = _bursts(photos, looks, cameras, told)
    alone = np.array([str(path) for path in photos.paths])
    if bursts is not None:
        unit, groups = "burst", bursts
    elif cameras is not None and min(_per_class(photos, cameras)) >= _CAMERAS:
        unit, groups = "camera", cameras
        told.append("nothing says which photos are of one burst: each camera's stay together")
    else:
        unit, groups = "photo", alone
        told.append("nothing says which photos were taken together: each counts by itself, which makes the test easier "
                    "than life if some were")  # fmt: skip
    joined, twins = _with_twins(groups, looks)
    if twins:
        told.append(f"{twins} photos are nearly the same picture as one of another {unit}: counted as one {unit}")
    rows = [
        {**row, "group": str(group), "camera": "" if cameras is None else str(cameras[at])}
        for at, (row, group) in enumerate(zip(photos.manifest, joined, strict=True))
    ]
    marked = Photos(photos.paths, photos.labels, photos.classes, manifest=rows, report=photos.report)
    return Grouping(marked, unit, tuple(told), twins)


def _look_at(paths: Sequence[Path]) -> list[_Look]:
    """Open every file once, several at a time."""
    from tqdm.auto import tqdm

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return list(tqdm(pool.map(_look, paths), "Comparing photos", len(paths), delay=2, leave=False))


def _look(path: Path) -> _Look:
    return _Look(*_said_inside(path), thumbnail(path))


def _said_inside(path: Path) -> tuple[datetime | None, str | None]:
    """When a photo was taken and by what, as far as its EXIF block says it."""
    time = serial = None
    with suppress(Exception), Image.open(path) as photo:  # a damaged EXIF block says nothing
        exif = decoded(photo, photo.getexif)  # a PNG's may come behind the picture
        details = exif.get_ifd(_DETAILS)
        number = str(details.get(_SERIAL) or exif.get(_SERIAL) or "").strip("\0 ")
        make = [str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL)]
        serial = " ".join([*make, number]).strip() if number else None
        time = datetime.strptime(str(details.get(_TIME) or exif.get(_TIME) or "").strip("\0 "), "%Y:%m:%d %H:%M:%S")
    return time, serial


def _cameras(photos: Photos, looks: Sequence[_Look], told: list[str]) -> np.ndarray | None:
    """The camera of each photo, by a column, by folders, or by serial numbers; None where none of these tells."""
    if photos.cameras is not None:
        named = _as_cameras(list(map(str, photos.cameras)), "the column camera", told)
        if named is not None:
            return named
    inner = _inner_folders(photos)
    if inner is not None and len(photos) / len(set(inner)) > 10:
        told.append(f"cameras: {len(set(inner))}, a folder each (if these folders mean something else, give a table "
                    "with a column camera)")  # fmt: skip
        return inner
    serials = [look.serial or "" for look in looks]
    count = len(set(serials) - {""})
    named = _as_cameras(serials, "the EXIF", told) if count > 1 else None
    if named is not None:
        told.append(f"cameras: {count}, by their serial numbers in the EXIF")
    return named


def _as_cameras(names: list[str], where: str, told: list[str]) -> np.ndarray | None:
    """The names, where they can be cameras, and photos without one as one camera; else None, and it is said why."""
    known = [name for name in names if name]
    if len(known) < _MOST * len(names):
        told.append(f"{where} names a camera for {len(known)} of {len(names)} photos only: cameras are left aside")
        return None
    if _too_many(names):
        told.append(f"{where} has {len(set(known))} names for {len(known)} photos, too many to be cameras: left aside")
        return None
    if len(known) < len(names):
        told.append(f"{len(names) - len(known)} photos have no camera in {where}: they count as one, the {_UNKNOWN}")
    return np.array([name or _UNKNOWN for name in names])


def _too_many(names: Sequence[str]) -> bool:
    """Whether these can't be cameras: a camera takes several photos."""
    known = [name for name in names if name]
    return len(known) < _PHOTOS * len(set(known))


def _bursts(
    photos: Photos, looks: Sequence[_Look], cameras: np.ndarray | None, told: list[str]
) -> np.ndarray | None:  # fmt: skip
    """The burst of each photo; where a column says it of some only, the others are looked at as if there were none."""
    if photos.groups is None:
        return _unsaid_bursts(photos, looks, cameras, told)
    column = "group" if any(row.get("group") for row in photos.manifest) else "burst"
    said = [row.get(column, "") for row in photos.manifest]
    plain = [name or str(path) for name, path in zip(said, photos.paths, strict=True)]
    aside = photos.cameras is not None and _too_many(photos.cameras) and _likely(np.array(plain), photos)
    groups = plain if aside else photos.groups.tolist()
    without = [at for at, name in enumerate(said) if not name]
    if without:
        lines: list[str] = []
        near = None if cameras is None else cameras[without]
        found = _unsaid_bursts(photos.subset(without), [looks[at] for at in without], near, lines)
        if found is not None:
            for at, name in zip(without, found.tolist(), strict=True):
                groups[at] = f"no {column}, {name}"
        how = "each counts by itself" if found is None else f"of these, {lines.pop()}"
        told += [*lines, f"{len(without)} photos have no burst in the column {column}: {how}"]
    return np.array(groups)


def _unsaid_bursts(
    photos: Photos, looks: Sequence[_Look], cameras: np.ndarray | None, told: list[str]
) -> np.ndarray | None:  # fmt: skip
    """The burst of each photo by folders, by times, or by names; None where none of these tells."""
    inner = _inner_folders(photos)
    if inner is not None and len(photos) / len(set(inner)) <= 10:
        told.append(f"bursts: {len(set(inner))}, a folder each")
        return inner
    timed = _by_time([look.time for look in looks], cameras, told)
    if timed is not None:
        return timed
    named = _by_name(photos, cameras)
    if named is not None:
        told.append(f"bursts: {len(set(named[0]))}, {named[1]}")
    return named and named[0]


def _inner_folders(photos: Photos) -> np.ndarray | None:
    """The folder of each photo, without its class and its part of a split in it, so that a camera's folder inside two
    classes is one camera; None where that says no more than the label does, or nothing of some photos."""
    if photos.report is None:
        return None
    names = [_inner(path, photos.report.folder, photos.classes[label])
             for path, label in zip(photos.paths, photos.labels, strict=True)]  # fmt: skip
    folders = Counter(label for _, label in set(zip(names, photos.labels.tolist(), strict=True)))
    return np.array(names) if all(names) and len(set(names)) > 1 and max(folders.values()) > 1 else None


def _inner(path: Path, root: Path, label: str) -> str:
    parts = _below(path, root) if path.is_relative_to(root) else ()
    return "/".join(part for part in parts if part.casefold() != label.casefold())


def _below(path: Path, root: Path) -> tuple[str, ...]:
    """The folders from the root to a photo, without its part of a split."""
    parts = path.relative_to(root).parts[:-1]
    return parts[1:] if parts and parts[0].lower() in PARTS else parts


def _believed(found: Sequence[object]) -> bool:
    """Whether nearly all photos say it."""
    return sum(value is not None for value in found) >= max(1, _MOST * len(found))


def _by_time(times: Sequence[datetime | None], cameras: np.ndarray | None, told: list[str]) -> np.ndarray | None:
    """A name for each burst; a photo without a time is a burst of its own. None where fewer than half have a time, no
    two are of one burst, or one burst has more than half of them: a clock that stands still."""
    places = ["" for _ in times] if cameras is None else list(map(str, cameras))
    order = sorted((place, time, at) for at, (place, time) in enumerate(zip(places, times, strict=True)) if time)
    if not order or 2 * len(order) < len(times):
        return None
    groups = [f"alone {at}" for at in range(len(times))]
    last: tuple[str, datetime] | None = None
    number = 0
    for place, time, at in order:
        if last is None or last[0] != place or (time - last[1]).total_seconds() > _TOGETHER:
            number += 1
        groups[at], last = f"burst {number}", (place, time)
    sizes = Counter(groups[at] for _, _, at in order)
    if max(sizes.values()) == 1:
        return None
    if 2 * max(sizes.values()) > len(order):
        told.append("the times in the EXIF put more than half of the photos in one burst: they are left aside")
        return None
    lacking = len(times) - len(order)
    alone = f"; {lacking} photos have no time, and each counts by itself" if lacking else ""
    told.append(f"bursts: {len(set(groups))}, by the times in the EXIF (a minute at most from photo to photo){alone}")
    return np.array(groups)


def _by_name(photos: Photos, cameras: np.ndarray | None) -> tuple[np.ndarray, str] | None:
    """Names that say what belongs together, and how: a number at their end that begins anew with each burst, as in
    seq12_03.jpg, or one that runs on through a burst and leaves a gap after it, as in CA-01_0006540.jpg."""
    found = [re.fullmatch(r"(.*?)(\d{1,9})", path.stem) for path in photos.paths]
    if not _believed(found):
        return None
    names = [(f"{place}/{match[1] if match else path.stem}", int(match[2]) if match else 0)
             for match, path, place in zip(found, photos.paths, _places(photos, cameras), strict=True)]  # fmt: skip
    stems = np.array([stem for stem, _ in names])
    if _likely(stems, photos):
        return stems, "by the photos' names, which end in a number"
    runs, run, last = [""] * len(names), "", ("", -2)
    for at in sorted(range(len(names)), key=names.__getitem__):
        stem, number = names[at]
        if (stem, number - 1) != last:
            run = f"{stem}{number}"
        runs[at], last = run, (stem, number)
    groups = np.array(runs)
    return (groups, "by the photos' names, whose numbers have gaps between them") if _likely(groups, photos) else None


def _places(photos: Photos, cameras: np.ndarray | None) -> list[str]:
    """Where the numbers in a photo's name count: in its folder, and behind its camera. The parts of a split have been
    one folder once, unless a name is in two of them."""
    root = None if photos.report is None else photos.report.folder
    whole = [path.parent.as_posix() for path in photos.paths]
    before = ["/".join(_below(path, root)) if root is not None and path.is_relative_to(root) else folder
              for path, folder in zip(photos.paths, whole, strict=True)]  # fmt: skip
    stems = [path.stem for path in photos.paths]
    folders = before if len(set(zip(before, stems, strict=True))) == len(stems) else whole
    return folders if cameras is None else [f"{one}/{camera}" for one, camera in zip(folders, cameras, strict=True)]


def _likely(groups: np.ndarray, photos: Photos) -> bool:
    """Whether what names say can be bursts: many, none of them huge, and not all of one photo."""
    sizes = Counter(groups.tolist())
    many = len(sizes) >= max(10, 3 * len(photos.classes))
    return many and max(sizes.values()) <= 0.2 * len(groups) and len(groups) / len(sizes) >= 1.5


def _per_class(photos: Photos, names: np.ndarray) -> list[int]:
    return [len(set(names[photos.labels == label])) for label in np.unique(photos.labels)]


def _with_twins(groups: np.ndarray, looks: Sequence[_Look]) -> tuple[np.ndarray, int]:
    """Groups joined where photos of two of them are nearly the same, and the number of such photos."""
    seen = [at for at, look in enumerate(looks) if look.small is not None]
    alike = np.arange(len(groups)) + len(groups)  # whoever can't be compared is like nobody
    if seen:
        alike[seen] = alike_groups(np.array([looks[at].small for at in seen], dtype=np.float32))
    pairs = set(zip(alike.tolist(), groups.tolist(), strict=True))
    several = {number for number, count in Counter(number for number, _ in pairs).items() if count > 1}
    joined = connected(groups, alike) if several else np.unique(groups, return_inverse=True)[1]
    first = {number: groups[at] for at, number in reversed(list(enumerate(joined.tolist())))}
    return np.array([first[number] for number in joined.tolist()]), sum(number in several for number in alike.tolist())
