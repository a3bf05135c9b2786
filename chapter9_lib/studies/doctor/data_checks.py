"""The photos themselves: classes in another order, one photo on both sides of the split, a class that is rare."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chapter9_lib.studies.doctor.case import Case, Unknown
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding
from chapter9_lib.studies.doctor.seen import Seen
from chapter9_lib.worlds.alike import ALIKE, thumbnails

__all__: list[str] = []

RARE = 10
"""A class with so many times fewer photos than another is rare."""
_MOST = 4000


@checks("the order of the classes")
def order(case: Case) -> Iterator[Finding]:
    one, other = case.train.classes, case.val.classes
    if one is None or other is None:
        raise Unknown("the photos don't say what their labels stand for")
    wrong = next((at for at, (here, there) in enumerate(zip(one, other, strict=False)) if here != there), None)
    if wrong is not None and not case.train.ours:
        yield Finding(
            "class-order-differs", ERROR, f"label {wrong}",
            f"it stands for {one[wrong]} in the training photos, and for {other[wrong]} in the validation photos",
            "val.class_to_idx == train.class_to_idx  # ImageFolder numbers folders by name: the same on both sides",
        )  # fmt: skip


@checks("how often each class occurs")
def balance(case: Case) -> Iterator[Finding]:
    labels = case.train.all_labels
    if labels is None:
        raise Unknown("the photos don't say their labels")
    classes, numbers = np.unique(labels[labels >= 0], return_counts=True)
    if not len(numbers):
        return
    least, most = int(numbers.argmin()), int(numbers.argmax())
    if numbers[least] * RARE < numbers[most]:
        yield Finding(
            "imbalanced", NOTE if case.train.weighted else WARNING, _class(case.train, int(classes[least])),
            f"{numbers[least]} photos, against {numbers[most]} of {_class(case.train, int(classes[most]))}: accuracy "
            "will not show how badly the rare ones do",
            "evaluate(model, val).per_class  # and weigh the loss, or draw rare ones more often",
        )  # fmt: skip


@checks("photos on both sides of the split")
def same_photos(case: Case) -> Iterator[Finding]:
    files = [_files(seen) for seen in (case.train, case.val)]
    sizes = [{path.stat().st_size for path in paths} for paths in files]
    both = sizes[0] & sizes[1]  # only files of the same size can be the same
    sums = [{_checksum(path): path for path in paths if path.stat().st_size in both} for paths in files]
    shared = sorted(sums[0].keys() & sums[1].keys(), key=lambda digest: str(sums[1][digest]))
    if shared:
        yield Finding(
            "same-photo-on-both-sides", ERROR, str(sums[1][shared[0]].name),
            f"{len(shared)} validation photos are training photos as well: what they score is memory",
            "split_by_group(photos)  # and look for copies before you split",
        )  # fmt: skip
    known = {sums[0][digest] for digest in shared} | {sums[1][digest] for digest in shared}
    pairs = _near(*(_thinned([path for path in paths if path not in known]) for paths in files))
    if pairs:
        apart = case.train.groups is not None and case.val.groups is not None  # split by burst: it is the place, then
        yield Finding(
            "near-duplicates-on-both-sides", NOTE if apart else WARNING, str(pairs[0][1].name),
            f"nearly {pairs[0][0].name}, which is in the training photos; {len({b for _, b in pairs})} of "
            f"{len(files[1])} validation photos have such a twin",
            "split_by_group(photos)  # whole bursts on one side",
        )  # fmt: skip


@checks("bursts and cameras on both sides of the split")
def groups(case: Case) -> Iterator[Finding]:
    if case.train.groups is not None and case.val.groups is not None:
        shared = set(case.train.groups.tolist()) & set(case.val.groups.tolist())
        if shared:
            yield Finding(
                "burst-on-both-sides", ERROR, str(min(shared)), f"{len(shared)} bursts are on both sides of the split: "
                "frames of one burst are nearly the same picture", "split_by_group(photos)",
            )  # fmt: skip
    if case.train.cameras is None or case.val.cameras is None:
        raise Unknown("the photos don't say which camera took them")
    cameras = [set(seen.cameras.tolist()) for seen in (case.train, case.val)]
    if cameras[1] <= cameras[0]:
        yield Finding(
            "camera-on-both-sides", NOTE, f"{len(cameras[1])} cameras",
            "every camera of the validation photos has training photos too: this measures new photos of known places, "
            "not new places", 'folds(photos, by="camera")  # if the network is to work behind other cameras',
        )  # fmt: skip


def _files(seen: Seen) -> list[Path]:
    if seen.paths is None:
        raise Unknown("the photos don't say which files they are")
    return [path for path in seen.paths if path.is_file()]


def _thinned(paths: list[Path]) -> list[Path]:
    """At most some thousands, spread evenly: looking at all of a large set would take longer than it is worth."""
    return paths[:: max(1, -(-len(paths) // _MOST))]


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _near(first: list[Path], second: list[Path]) -> list[tuple[Path, Path]]:
    """Pairs that look nearly the same, the second one's best each."""
    one, other = (thumbnails(paths) for paths in (first, second))
    if not len(one[0]) or not len(other[0]):
        return []
    alike = other[1] @ one[1].T
    best = alike.argmax(1)
    return [(one[0][at], path) for path, at, row in zip(other[0], best, alike, strict=True) if row[at] > ALIKE]


def _class(seen: Seen, label: int) -> str:
    return seen.classes[label] if seen.classes and label < len(seen.classes) else f"class {label}"
