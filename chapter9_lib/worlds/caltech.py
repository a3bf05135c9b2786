"""Which photos of the Caltech Camera Traps are fetched for the field world, and where they lie."""

import hashlib
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "LABELS",
    "LICENCE",
    "PHOTOS",
    "SPECIES",
    "SPLITS",
    "Chosen",
    "choose",
    "read_labels",
    "read_locations",
    "told",
]

_GOOGLE = "https://storage.googleapis.com/public-datasets-lila"
_AZURE = "https://lilawildlife.blob.core.windows.net/lila-wildlife"
LABELS = tuple(f"{store}/caltechcameratraps/labels/caltech_camera_traps.json.zip" for store in (_GOOGLE, _AZURE))
SPLITS = tuple(f"{store}/caltechcameratraps/CaltechCameraTrapsSplits_v0.json" for store in (_GOOGLE, _AZURE))
PHOTOS = tuple(f"{store}/caltech-unzipped/cct_images/" for store in (_GOOGLE, _AZURE))
LICENCE = (
    "Caltech Camera Traps: Beery, Van Horn, Perona, Recognition in Terra Incognita, ECCV 2018 (arXiv 1807.04975); "
    "hosted by LILA BC. Licence: Community Data License Agreement, Permissive, 1.0 (https://cdla.dev/permissive-1-0/)."
)
SPECIES = ("bobcat", "coyote", "opossum", "rabbit", "raccoon")
_LARGEST = 2 << 30
_FRAMES = 2


@dataclass(frozen=True)
class Chosen:
    """One photo to fetch.

    Attributes:
        file: its name in the collection.
        label: the species.
        split: "train", "val" or "test".
        group: its burst.
        camera: its place.
    """

    file: str
    label: str
    split: str
    group: str
    camera: str

    @property
    def path(self) -> str:
        """Where it lies below `photos/`: the same for the same file, whatever its name looks like."""
        digest = hashlib.sha256(self.file.encode()).hexdigest()[:16]
        return f"trailcam/{self.split}/{self.label.replace(' ', '_')}/{digest}.jpg"


def read_labels(archive: Path) -> dict[str, Any]:
    """The labels, in the format COCO Camera Traps, out of their zip file. Nothing is unpacked to the disk.

    Raises:
        ValueError: when it is damaged, holds anything but one table, or one that is no table of labels.
    """
    try:
        with zipfile.ZipFile(archive) as bundle:
            entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
            names = [entry.orig_filename for entry in entries]
            if len(entries) != 1 or not names[0].endswith(".json") or set(names[0]) & set("/\\:\0"):
                raise ValueError(f"{archive} should hold one table of labels; it holds {names[:3]}")
            if entries[0].file_size > _LARGEST:
                raise ValueError(f"{archive} would grow to {entries[0].file_size / 2**30:.0f} GiB")
            found = json.loads(bundle.read(entries[0]))
    except (zipfile.BadZipFile, EOFError, OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{archive} is damaged ({error}): delete it and fetch it again") from error
    if not isinstance(found, dict) or not {"images", "annotations", "categories"} <= found.keys():
        raise ValueError(f"{archive} holds no labels in the format COCO Camera Traps")
    return found


def read_locations(table: Path) -> set[str] | None:
    """The places that the collection's authors hold out; None where the table says nothing of the kind."""
    try:
        splits = json.loads(table.read_text(encoding="utf-8"))["splits"]
        return {str(place) for place in splits["val"]} or None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def choose(
    labels: Mapping[str, Any], unseen: Iterable[str] | None = None, *, species: Sequence[str] = SPECIES,
    counts: Mapping[str, int] | None = None, seed: int = 0,
) -> list[Chosen]:  # fmt: skip
    """Choose photos that show one species each, spread over places and bursts.

    "test" comes from places that "train" and "val" don't have, "val" from other bursts of the same places as "train".

    Args:
        labels: from `read_labels`.
        unseen: the places for "test"; None: a quarter of them, as even over the species as it can be.
        species: what to choose.
        counts: photos of each species in each split; None: 160, 40 and 120.
        seed: of the choice.

    Raises:
        ValueError: for a species that the labels don't have, or one with no photo for a split.
    """
    wanted = {"train": 160, "val": 40, "test": 120} if counts is None else dict(counts)
    names = {row["id"]: str(row["name"]) for row in labels["categories"]}
    if missing := set(species) - set(names.values()):
        raise ValueError(f"No {', '.join(sorted(missing))} there. There are: {', '.join(sorted(names.values()))}")
    shown = defaultdict(set)
    for row in labels["annotations"]:
        shown[row["image_id"]].add(names[row["category_id"]])
    candidates = sorted(
        (str(row["file_name"]), next(iter(shown[row["id"]])), str(row.get("seq_id", row["id"])), str(row["location"]))
        for row in labels["images"] if len(shown[row["id"]]) == 1 and shown[row["id"]] <= set(species)
    )  # fmt: skip
    held_out = _held_out(candidates, seed) if unseen is None else set(unseen)
    random, chosen = np.random.default_rng(seed), []
    for label in species:
        own = [row for row in candidates if row[1] == label]
        seen, new = (
            _by_burst(row for row in own if row[3] not in held_out),
            _by_burst(r for r in own if r[3] in held_out),
        )
        train, val = _divided(seen, wanted["train"], wanted["val"], random)
        for split, bursts in (("train", train), ("val", val), ("test", new)):
            rows = _spread(bursts, wanted[split], random)
            if not rows and wanted[split]:
                raise ValueError(f"There is no photo of {label} for {split!r}")
            chosen += [Chosen(file, label, split, burst, place) for file, _, burst, place in rows]
    return chosen


Row = tuple[str, str, str, str]
"""(file, species, burst, place)."""
Bursts = dict[tuple[str, str], list[Row]]
"""{(place, burst): its photos}."""


def _by_burst(rows: Iterable[Row]) -> Bursts:
    found: Bursts = defaultdict(list)
    for row in rows:
        found[row[3], row[2]].append(row)
    return found


def _held_out(rows: Sequence[Row], seed: int) -> set[str]:
    """A quarter of the places, so that every species has about a quarter of its bursts there."""
    from chapter9_lib.worlds.splits import assign_groups

    bursts = sorted({(row[1], row[3], row[2]) for row in rows})
    places, groups = np.unique([place for _, place, _ in bursts], return_inverse=True)
    labels = np.unique([label for label, _, _ in bursts], return_inverse=True)[1]
    part = assign_groups(labels, groups, np.array([0.75, 0.25]), seed)
    return {str(places[group]) for group in np.unique(groups[part == 1])}


def _divided(bursts: Bursts, train: int, val: int, random: np.random.Generator) -> tuple[Bursts, Bursts]:
    """Bursts for training and others for validation, in the proportion that is wanted."""
    names = list(bursts)
    order = [names[at] for at in random.permutation(len(names))]
    share = round(len(order) * val / max(1, train + val))
    share = min(max(share, 1 if val else 0), len(order) - 1)
    return {n: bursts[n] for n in order[max(share, 0):]}, {n: bursts[n] for n in order[: max(share, 0)]}  # fmt: skip


def _spread(bursts: Bursts, count: int, random: np.random.Generator) -> list[Row]:
    """So many photos, two of a burst at most, one place after the other."""
    places: dict[str, list[Row]] = defaultdict(list)
    names = list(bursts)
    for name in (names[at] for at in random.permutation(len(names))):
        places[name[0]] += bursts[name][:_FRAMES]
    queues = [places[place] for place in sorted(places)]
    queues = [queues[at] for at in random.permutation(len(queues))]
    taken: list[Row] = []
    while len(taken) < count and any(queues):
        taken += [queue.pop(0) for queue in queues if queue][: count - len(taken)]
    return taken


def told(chosen: Sequence[Chosen]) -> str:
    """How many photos of which species, in a line a split."""
    lines = []
    for split in dict.fromkeys(one.split for one in chosen):
        counts = Counter(one.label for one in chosen if one.split == split)
        places = len({one.camera for one in chosen if one.split == split})
        lines.append(f"{split}: {', '.join(f'{n} {label}' for label, n in counts.items())}, from {places} places")
    return "\n".join(lines)
