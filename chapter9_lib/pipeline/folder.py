"""The folder that a run fills."""

import csv
import io
import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from chapter9_lib import __version__
from chapter9_lib.files import write_whole
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import Split
from chapter9_lib.training import Evaluation
from chapter9_lib.worlds.photos import Photos

__all__ = ["RunFolder", "write_predictions"]

_LIBRARIES = ("torch", "torchvision", "timm", "numpy", "pillow")


class RunFolder:
    """model.safetensors and its card, report.html, predictions.csv, splits.csv, history.json, config.json.

    Args:
        path: the folder.
        resume: go on with what was begun there.

    Raises:
        FileExistsError: when there is something in it and it isn't resumed, or it holds a finished run.
        FileNotFoundError: when there is nothing to resume.
    """

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path = Path(path).expanduser()
        begun = self.config.is_file()
        if resume and not begun:
            raise FileNotFoundError(f"{self.path} holds no run that was broken off: leave out --resume")
        if resume and self.report.is_file():
            raise FileExistsError(f"The run in {self.path} is finished: its report is {self.report}")
        if not resume and self.path.is_dir() and any(self.path.iterdir()):
            open_end = begun and not self.report.is_file()
            how = "--resume goes on with the run in it, or" if open_end else "It is left as it is:"
            raise FileExistsError(f"{self.path} is not empty. {how} name another folder with --out")

    config = property(lambda self: self.path / "config.json")
    report = property(lambda self: self.path / "report.html")
    model = property(lambda self: self.path / "model.safetensors")
    checkpoint = property(lambda self: self.path / "training.safetensors")

    def begin(self, settings: Settings, source: Path) -> None:
        """Write down what is to be done, before anything is."""
        versions = {name: metadata.version(name) for name in _LIBRARIES} | {"chapter9-lib": __version__}
        self._json("config.json", {
            "photos": str(source.absolute()), "settings": settings.to_dict(),
            "versions": {"python": platform.python_version(), **versions},
            "again": "chapter9 fit --config config.json --out ANOTHER_FOLDER",
        })  # fmt: skip

    def write_split(self, split: Split) -> None:
        """One line a photo: in which part it is, and what was kept together."""
        rows = []
        for part in ("train", "val", "test"):
            photos: Photos = getattr(split, part)
            for at, path in enumerate(photos.paths):
                row = {"path": str(path), "label": photos.classes[photos.labels[at]], "split": part}
                rows.append(row | {key: photos.manifest[at].get(key, "") for key in ("group", "camera")})
        write_whole(self.path / "splits.csv", _table(["path", "label", "split", "group", "camera"], rows))

    def write_history(self, history: Mapping[str, Any]) -> None:
        """What happened, epoch by epoch."""
        self._json("history.json", history)

    def write_predictions(self, photos: Photos, found: Evaluation) -> None:
        """One line a test photo."""
        truth = [found.classes[label] for label in found.labels]
        write_predictions(self.path / "predictions.csv", photos.paths, found.probabilities, found.classes, truth)

    def _json(self, name: str, content: Mapping[str, Any]) -> None:
        write_whole(self.path / name, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def write_predictions(
    path: Path, files: Sequence[Path], probabilities: np.ndarray, classes: Sequence[str],
    truth: Sequence[str] | None = None, unreadable: Mapping[Path, str] | None = None,
) -> None:  # fmt: skip
    """A CSV table: path, label (where it is known), prediction, confidence, a column a class, and what went wrong.

    Args:
        path: of the table; nothing half-written stays behind.
        files: the N photos.
        probabilities: (N, C).
        classes: C names.
        truth: N names.
        unreadable: {photo: why nothing can be said of it}.
    """
    best = probabilities.argmax(1) if len(probabilities) else []
    rows = []
    for at, file in enumerate(files):
        row: dict[str, object] = {"path": str(file), "prediction": classes[best[at]]}
        row |= {"confidence": f"{probabilities[at, best[at]]:.4f}"} | ({"label": truth[at]} if truth else {})
        rows.append(row | {f"p({name})": f"{p:.4f}" for name, p in zip(classes, probabilities[at], strict=True)})
    rows += [{"path": str(file), "error": why} for file, why in (unreadable or {}).items()]
    columns = ["path", *(["label"] if truth else []), "prediction", "confidence", *(f"p({name})" for name in classes)]
    write_whole(path, _table([*columns, *(["error"] if unreadable else [])], rows))


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
