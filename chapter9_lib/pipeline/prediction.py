"""What a saved model says of photos."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chapter9_lib.models import load_model
from chapter9_lib.models.classes import known_classes
from chapter9_lib.pipeline.folder import write_predictions
from chapter9_lib.training import predict
from chapter9_lib.worlds.folder import files_below, named_as_photo
from chapter9_lib.worlds.reading import UnreadablePhoto, open_photo, read_photo

__all__ = ["Predictions", "predict_photos", "require_free"]


@dataclass(frozen=True)
class Predictions:
    """Answers on photos.

    Attributes:
        files: the N photos that could be read.
        probabilities: (N, C).
        classes: C names.
        unreadable: {photo, or folder that can't be opened: why nothing can be said of it}.
    """

    files: list[Path]
    probabilities: np.ndarray
    classes: list[str]
    unreadable: dict[Path, str]

    def write(self, path: str | Path, replace: bool = False) -> Path:
        """Write them as a CSV table.

        Raises:
            FileExistsError: when there is such a file, unless it is to be replaced.
        """
        target = Path(path).expanduser()
        if not replace:
            require_free(target)
        write_predictions(target, self.files, self.probabilities, self.classes, None, self.unreadable)
        return target

    def __str__(self) -> str:
        counts = np.bincount(self.probabilities.argmax(1), minlength=len(self.classes)) if len(self.files) else []
        told = ", ".join(f"{name} {count}" for name, count in zip(self.classes, counts, strict=False) if count)
        bad = f"; {len(self.unreadable)} can't be read" if self.unreadable else ""
        return f"{len(self.files)} photos: {told or 'nothing'}{bad}"


def require_free(path: Path) -> None:
    """See that nothing would be written over.

    Raises:
        FileExistsError: naming the file.
    """
    if path.expanduser().exists():
        raise FileExistsError(f"{path} is there already, and was left as it is: name another, or --replace")


def predict_photos(
    model: str | Path, photos: str | Path | Sequence[str | Path], *, device: str | None = None
) -> Predictions:
    """Name what photos show.

    Args:
        model: what `chapter9 fit` or `save_model` wrote.
        photos: files, or folders that are searched through and through, as `open_folder` does; one, or several.
        device: where to; None picks.

    Raises:
        FileNotFoundError: for a photo, folder or model that isn't there.
        ValueError: when a folder holds no photo, none can be read, or the model is damaged.
    """
    closed: dict[Path, str] = {}
    photos = [photos] if isinstance(photos, str | Path) else photos
    files = [file for given in photos for file in _files(Path(given).expanduser(), closed)]
    network = load_model(Path(model).expanduser())
    readable, unreadable = [], {folder: f"{why}; check its permissions" for folder, why in closed.items()}
    for file in dict.fromkeys(files):
        try:
            read_photo(file, quick=True)
            readable.append(file)
        except UnreadablePhoto as error:
            unreadable[file] = f"{error.reason}; {error.cure}"
    if not readable:
        first = next(iter(unreadable.items()))
        raise ValueError(f"None of {len(unreadable)} photos can be read. The first: {first[0]}: {first[1]}")
    found = predict(network, _Opened(readable), device=device).numpy()
    known = known_classes(network) or []
    names = [*known, *(str(number) for number in range(len(known), found.shape[1]))]
    return Predictions(readable, found, names, unreadable)


class _Opened(Sequence[Image.Image]):
    """Photos that are opened when they are asked for."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - of Sequence
        return open_photo(self.files[at])


def _files(path: Path, closed: dict[Path, str]) -> list[Path]:
    """The photos that are meant by a name; folders that can't be read are put down in `closed`."""
    if not os.path.isdir(path):
        if not _there(path):
            raise FileNotFoundError(f"There is no {path}")
        return [path]
    before = len(closed)
    found = sorted(file for file in files_below(path, closed) if named_as_photo(file))
    if not found and len(closed) == before:
        raise ValueError(f"{path} holds no photo")
    return found


def _there(path: Path) -> bool:
    """Whether there is a file, or something before it that forbids to look."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
