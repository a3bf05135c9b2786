"""A set of photos with their labels, and with what is known of each one."""

from collections.abc import Iterable, Sequence
from operator import index as as_index
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

from chapter9_lib.worlds.naming import nearest
from chapter9_lib.worlds.reading import open_photo

if TYPE_CHECKING:
    from chapter9_lib.worlds.report import PhotoReport

__all__ = ["Photos"]


class Photos(Dataset[tuple[Image.Image, int]]):
    """A dataset of (photo, label): the photo an upright RGB `PIL.Image`, the label an index into `.classes`.

    Attributes:
        paths: the N files.
        labels: int64, shape (N,); -1 where the label is unknown.
        classes: the names that labels point to.
        manifest: N dicts, what is known of each photo; empty dicts where nothing is.
        cameras: which camera took each photo, strings of shape (N,); None where no photo's camera is known.
        groups: photos that must stay together when splitting (a burst), shape (N,), or None. A photo without a
            burst among others that have one is a group of its own.
        light: "day", "dusk", "infrared" (lab) or "night" (field), shape (N,), or None.
        report: what `open_folder` found, else None.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        labels: Sequence[int] | np.ndarray,
        classes: Sequence[str],
        *,
        manifest: Sequence[dict[str, str]] | None = None,
        report: "PhotoReport | None" = None,
    ) -> None:
        """Put a set together.

        Raises:
            ValueError: when lengths differ, or a label is outside -1 … len(classes) - 1; names the photo.
        """
        self.paths = [Path(path) for path in paths]
        self.classes = [str(name) for name in classes]
        self.manifest = [{} for _ in self.paths] if manifest is None else list(manifest)
        self.labels = self._checked_labels(labels)
        self.report = report
        self.cameras = self._column("camera")
        self.light = self._column("light")
        self.groups = self._groups()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        if isinstance(index, slice):
            raise TypeError("Photos are taken one by one: photos[3]. For several: photos.subset(range(0, 10)).")
        position = as_index(index)
        return open_photo(self.paths[position]), int(self.labels[position])

    def __add__(self, other: "Photos") -> "Photos":
        """Both sets as one, such as `world.photos("train") + world.photos("val")`.

        Raises:
            ValueError: when their classes differ; names them.
        """
        if not isinstance(other, Photos):
            return NotImplemented
        if self.classes != other.classes:
            raise ValueError(
                f"These photos can't be joined: their classes are {', '.join(self.classes)} "
                f"and {', '.join(other.classes)}."
            )
        return Photos(
            [*self.paths, *other.paths],
            np.concatenate([self.labels, other.labels]),
            self.classes,
            manifest=[*self.manifest, *other.manifest],
        )

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in list(self.counts().items())[:8])
        more = ", …" if len(self.classes) > 8 else ""
        unknown = int((self.labels < 0).sum())
        return f"Photos({len(self)}: {counts}{more}{f', without a label {unknown}' if unknown else ''})"

    def counts(self) -> dict[str, int]:
        """How many photos each class has."""
        numbers = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def subset(self, indices: Iterable[int] | np.ndarray) -> "Photos":
        """The photos at these positions, or where a boolean mask of shape (N,) is true. Classes stay the same.

        Raises:
            IndexError: when a position is outside the set, or the mask has another length.
        """
        chosen = np.asarray(indices if isinstance(indices, np.ndarray) else list(indices))
        if chosen.dtype == bool and len(chosen) != len(self):
            raise IndexError(f"The mask has {len(chosen)} values, but there are {len(self)} photos.")
        positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        outside = positions[(positions < -len(self)) | (positions >= len(self))]
        if len(outside):
            raise IndexError(f"There is no photo {outside[0]}: there are {len(self)}, counted from 0.")
        return Photos(
            [self.paths[i] for i in positions],
            self.labels[positions],
            self.classes,
            manifest=[self.manifest[i] for i in positions],
            report=self.report,
        )

    def where(self, **equals: object) -> "Photos":
        """The photos whose manifest columns have these values: `photos.where(camera=[3, 4], light="dusk")`.

        Args:
            **equals: column = value, or a list, tuple, set or array of values, any of which will do.

        Raises:
            ValueError: when no photo has such a column, or none is left; says what there is.
        """
        mask = np.ones(len(self), dtype=bool)
        for column, wanted in equals.items():
            known = list(dict.fromkeys(key for row in self.manifest for key in row))
            if column not in known:
                raise ValueError(f"Nothing is known of {column!r} for these photos. {nearest(column, known)}")
            many = isinstance(wanted, list | tuple | set | frozenset | range | np.ndarray)
            values = {str(value) for value in wanted} if many else {str(wanted)}
            mask &= np.array([row.get(column, "") in values for row in self.manifest], dtype=bool)
            if not mask.any():
                found = sorted({row.get(column, "") for row in self.manifest})
                raise ValueError(f"No photo is left with {column} = {wanted!r}. {nearest(str(wanted), found)}")
        return self.subset(mask)

    def only(self, classes: Sequence[str]) -> "Photos":
        """The photos of these classes alone; their labels follow the order given.

        Raises:
            ValueError: when a class is not among this set's; offers the nearest.
        """
        names = [str(name) for name in classes]
        if missing := [name for name in names if name not in self.classes]:
            raise ValueError(f"No class is named {missing[0]!r}. {nearest(missing[0], self.classes)}")
        place = np.array([names.index(name) if name in names else -1 for name in self.classes])
        chosen = np.flatnonzero((self.labels >= 0) & (place[self.labels] >= 0))
        return Photos(
            [self.paths[i] for i in chosen],
            place[self.labels[chosen]],
            names,
            manifest=[self.manifest[i] for i in chosen],
            report=self.report,
        )

    def sample(self, n: int, seed: int = 0) -> "Photos":
        """Draw n photos at random, evenly over the classes present: their counts differ by one at most.

        With the same seed a larger sample holds the smaller one, so that learning curves grow instead of jump.

        Raises:
            ValueError: when n is negative or a class runs out; says how many can be drawn evenly.
        """
        random = np.random.default_rng(seed)
        rank, order = np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        present, counts = np.unique(self.labels, return_counts=True)
        for place, label in zip(random.permutation(len(present)), present, strict=True):
            members = np.flatnonzero(self.labels == label)
            rank[members], order[members] = random.permutation(len(members)), place
        most = int(np.minimum(counts, counts.min() + 1).sum()) if len(counts) else 0
        if not 0 <= n <= most:
            smallest = f"; the smallest class has {counts.min()}" if len(counts) else ""
            raise ValueError(f"Can't draw {n} photos evenly from {len(self)}: {most} at most{smallest}.")
        return self.subset(np.sort(np.lexsort((order, rank))[:n]))

    def _checked_labels(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        array = np.asarray(labels)
        if not len(array) == len(self.paths) == len(self.manifest):
            raise ValueError(
                f"{len(self.paths)} photos, {len(array)} labels, {len(self.manifest)} manifest rows: they must match."
            )
        if len(array) and array.dtype.kind not in "iu":
            raise ValueError(f"Labels must be whole numbers, indices into classes, not {array.dtype}.")
        wrong = np.flatnonzero((array < -1) | (array >= len(self.classes)))
        if len(wrong):
            raise ValueError(
                f"{self.paths[wrong[0]]} has label {array[wrong[0]]}, out of range: there are {len(self.classes)} "
                f"classes, 0 to {len(self.classes) - 1} (-1 means unknown). {len(wrong)} photo(s) concerned."
            )
        return array.astype(np.int64)

    def _column(self, name: str) -> np.ndarray | None:
        values = [row.get(name, "") for row in self.manifest]
        return np.array(values, dtype=str) if any(values) else None

    def _groups(self) -> np.ndarray | None:
        group, burst, cameras = self._column("group"), self._column("burst"), self.cameras
        names = group if group is not None else burst
        if names is None:
            return None
        if group is None and cameras is not None:
            names = [f"{camera}/{name}" if name else "" for camera, name in zip(cameras, names, strict=True)]
        return np.array([str(name) or str(path) for name, path in zip(names, self.paths, strict=True)], dtype=str)
