"""Real trail-camera photos for everybody: `photos/trailcam` of the field folder, filled from the internet."""

import csv
import hashlib
import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from chapter9_lib.files import write_whole
from chapter9_lib.paths import field_dir, home
from chapter9_lib.worlds import caltech
from chapter9_lib.worlds.downloads import Downloader, DownloadError, LoginPage, Wanted, require_room
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.reading import UnreadablePhoto, open_photo

__all__ = ["fetch_field_photos"]

EDGE = 512
"""Pixels of a stored photo's longer edge."""
_COLUMNS = ("path", "label", "split", "group", "light", "camera")
_LEDGER = ("path", "url", "original", "stored")
_ROOM, _BYTES_A_PHOTO = 400 << 20, 80 << 10
_GREY = 6
"""Mean distance of the channels, of 255, below which a photo was taken by infrared light."""


def fetch_field_photos(
    *, counts: Mapping[str, int] | None = None, species: Sequence[str] = caltech.SPECIES, seed: int = 0,
    downloader: Downloader | None = None, labels: Sequence[str] = caltech.LABELS,
    splits: Sequence[str] = caltech.SPLITS, photos: Sequence[str] = caltech.PHOTOS,
) -> Path:  # fmt: skip
    """Fetch a small part of the Caltech Camera Traps into `field_dir()/photos/trailcam`, in small copies.

    What is there already is kept; a run that was broken off is gone on with. Other collections in that folder and their
    rows of `manifest.csv` stay as they are.

    Args:
        counts: photos of each species in "train", "val" and "test" (of cameras that the others don't have).
        species: which ones.
        seed: of the choice.
        downloader: fetches the files; None makes one.
        labels, splits: addresses of the collection's tables, one of which is enough.
        photos: folders that hold the photos, one of which is enough.

    Returns:
        The path of `manifest.csv`.

    Raises:
        FileExistsError: when the folder holds trail-camera photos of another origin; nothing is changed.
        ValueError: when the labels are damaged or lack a species.
        OSError: when too little room is left, or (a DownloadError) when photos can't be had, or (a LoginPage) when the
            network answers in the servers' place; what came before is kept.
    """
    loader, folder = downloader or Downloader(), field_dir() / "photos"
    _refuse_others(folder)
    require_room(home(), _ROOM)
    tables = home() / "downloads" / "caltech"
    table, places = tables / "labels.zip", tables / "splits.json"
    loader.fetch(Wanted(table, tuple(labels)))
    unseen = _places(loader, places, splits)
    chosen = caltech.choose(caltech.read_labels(table), unseen, species=species, counts=counts, seed=seed)
    require_room(folder, len(chosen) * _BYTES_A_PHOTO)
    print(f"{caltech.LICENCE}\n{caltech.told(chosen)}", flush=True)
    shelf = _Shelf(folder)
    wanted = {shelf.full(one): one for one in chosen if not shelf.has(one)}
    jobs = [Wanted(path, tuple(place + one.file for place in photos)) for path, one in wanted.items()]
    failed = loader.fetch_all(jobs, lambda job, digest: shelf.put(wanted[job.path], job.urls[0], digest))
    return _finish(folder, [one for one in chosen if shelf.has(one)], failed)


class _Shelf:
    """Small copies of the photos, and a ledger of where each came from and what it was."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, folder / "trailcam" / "sources.csv"
        known = read_manifest(self.ledger, _LEDGER) if self.ledger.is_file() else []
        self.known = {row["path"]: row for row in known}
        self.lock = threading.Lock()

    def full(self, one: caltech.Chosen) -> Path:
        """Where the photo lies in its full size until its small copy is there."""
        return home() / "downloads" / "caltech" / "photos" / Path(one.path).name

    def has(self, one: caltech.Chosen) -> bool:
        """Whether the small copy is there, and the one that was put there."""
        path, row = self.folder / one.path, self.known.get(one.path)
        return row is not None and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == row["stored"]

    def put(self, one: caltech.Chosen, url: str, digest: str) -> None:
        """Store the small copy. A file that is no photo is left out, and said."""
        full = self.full(one)
        try:
            content = _small(open_photo(full))
        except UnreadablePhoto as error:
            print(f"left out: {error}", flush=True)
            return
        finally:
            full.unlink(missing_ok=True)
        write_whole(self.folder / one.path, content)
        row = dict(zip(_LEDGER, (one.path, url, digest, hashlib.sha256(content).hexdigest()), strict=True))
        with self.lock:
            self.known[one.path] = row
            _write_table(self.ledger, _LEDGER, list(self.known.values()))


def _places(loader: Downloader, table: Path, urls: Sequence[str]) -> set[str] | None:
    try:
        loader.fetch(Wanted(table, tuple(urls)))
    except LoginPage:
        raise
    except DownloadError as error:
        print(f"The authors' split can't be had ({error.reason}): a quarter of the places is held out instead.")
        return None
    return caltech.read_locations(table)


def _refuse_others(folder: Path) -> None:
    table, ours = folder / "manifest.csv", folder / "trailcam" / "sources.csv"
    if table.is_file() and not ours.is_file():
        if any(row["path"].startswith("trailcam/") for row in read_manifest(table, ("path",))):
            raise FileExistsError(
                f"{folder / 'trailcam'} holds trail-camera photos that did not come from here. Nothing was changed: "
                "name another folder by CHAPTER9_FIELD"
            )


def _finish(folder: Path, chosen: Sequence[caltech.Chosen], failed: Mapping[Path, DownloadError]) -> Path:
    """Write the manifest: other collections' rows, and one for every photo that is there."""
    table = folder / "manifest.csv"
    kept = read_manifest(table, ("path",)) if table.is_file() else []
    kept = [row for row in kept if not row["path"].startswith("trailcam/")]
    own = []
    for one in chosen:
        with Image.open(folder / one.path) as photo:
            light = "night" if _spread_of(photo) < _GREY else "day"
        own.append({**asdict(one), "path": one.path, "light": light})
    columns = list(dict.fromkeys([*_COLUMNS, *(column for row in kept for column in row)]))
    _write_table(table, columns, [*kept, *own])
    write_whole(folder / "trailcam" / "LICENCE.txt", (caltech.LICENCE + "\n").encode())
    lacking = f"; {len(failed)} could not be had, the last of them: {[*failed.values()][-1]}" if failed else ""
    print(f"{len(own)} photos in {folder / 'trailcam'}{lacking}")
    return table


def _small(photo: Image.Image) -> bytes:
    photo.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    into = io.BytesIO()
    photo.save(into, "JPEG", quality=92)
    return into.getvalue()


def _spread_of(photo: Image.Image) -> float:
    """How far the channels are apart, 0 to 255: nothing in a photo by infrared light but the date's colours."""
    pixels = np.asarray(photo.convert("RGB").resize((64, 48)), dtype=np.int16)[:40]
    return float((pixels.max(-1) - pixels.min(-1)).mean())


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())
