"""The folder that a run fills."""

import csv
import io
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from chapter9_lib import __version__
from chapter9_lib.files import write_whole
from chapter9_lib.pipeline.holding import held, require_unheld
from chapter9_lib.pipeline.learning import AGAIN, CHECKPOINT
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import Split
from chapter9_lib.training import Evaluation
from chapter9_lib.worlds.folder import hidden
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.photos import Photos

__all__ = ["Earlier", "RunFolder", "can_resume", "read_run", "write_predictions"]

_LIBRARIES = ("torch", "torchvision", "timm", "numpy", "pillow")


@dataclass(frozen=True)
class Earlier:
    """What a run wrote down before it began.

    Attributes:
        settings: the choices.
        network: what it borrowed, where "auto" was asked for.
        source: its photos.
        parts: {photo: "train", "val" or "test"}.
        strategy: what was advised, where "auto" was asked for; "" where nothing is written.
    """

    settings: Settings
    network: str
    source: Path
    parts: dict[Path, str]
    strategy: str = ""


def read_run(config: str | Path) -> Earlier:
    """Read the `config.json` of a run, and the `splits.csv` beside it.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it is no such file.
    """
    file = Path(config).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"There is no {file}: the config.json of a run is wanted")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        settings, source = Settings.from_dict(content["settings"]), Path(os.path.abspath(content["photos"]))
        network, strategy = str(content["network"]), str(content.get("strategy", ""))
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is not the config.json of a run ({error!r})") from error
    table = file.with_name("splits.csv")
    rows = read_manifest(table, ("path", "split"), errors="surrogateescape") if table.is_file() else []
    parts = {Path(os.path.abspath(row["path"])): row["split"] for row in rows}
    return Earlier(settings, network, source, parts, strategy)


def run_of(model: str | Path) -> Earlier | None:
    """The run that a model was trained in, as the folder that it lies in tells; None for a model of its own."""
    try:
        return read_run(Path(model).expanduser().with_name("config.json"))
    except (FileNotFoundError, ValueError):
        return None


def can_resume(path: str | Path) -> bool:
    """Whether a training was broken off in a run's folder."""
    return (Path(path).expanduser() / CHECKPOINT).is_file()


class RunFolder:
    """model.safetensors and its card, report.html, predictions.csv, splits.csv, history.json, config.json.

    Args:
        path: the folder.
        resume: go on with what was begun there.

    Raises:
        BlockingIOError: when another run is at work in it.
        FileExistsError: when there is something in it and it isn't resumed, or it holds a finished run.
        FileNotFoundError: when there is nothing to resume.
    """

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path, self.resume = Path(path).expanduser(), resume
        require_unheld(self.path)
        self._require_ready()

    @contextmanager
    def alone(self, say: Callable[[str], None]) -> Iterator[None]:
        """Keep other runs out while inside; until then nothing is written.

        Args:
            say: told where others can't be kept out.

        Raises:
            BlockingIOError, FileExistsError, FileNotFoundError: as above, when another run has come first.
        """
        with held(self.path) as locked:
            self._require_ready()
            if not locked:
                say(f"The file system of {self.path} knows no locks: start no other run into this folder meanwhile")
            yield

    def _require_ready(self) -> None:
        resume, begun = self.resume, self.checkpoint.is_file()
        if self.report.is_file() and (resume or self.config.is_file()):
            how = "there is nothing to resume" if resume else "name another folder with --out"
            raise FileExistsError(f"{self.path} holds a finished run, with its report: {how}")
        if resume and not begun:
            raise FileNotFoundError(f"{self.path} holds no training that was broken off: leave out --resume")
        theirs = {e.name for e in self.path.iterdir() if not hidden(e.name)} if self.path.is_dir() else set()
        if not resume and begun:
            raise FileExistsError(f"{self.path} holds a training that was broken off: --resume, or another --out")
        if not resume and theirs - {"config.json", "splits.csv"}:
            raise FileExistsError(f"{self.path} is not empty, and was left as it is: name another folder with --out")

    config = property(lambda self: self.path / "config.json")
    report = property(lambda self: self.path / "report.html")
    model = property(lambda self: self.path / "model.safetensors")
    checkpoint = property(lambda self: self.path / CHECKPOINT)

    def begin(self, settings: Settings, network: str, source: Path, split: Split, strategy: str = "") -> None:
        """Write down what is to be done, before it is."""
        versions = {name: metadata.version(name) for name in _LIBRARIES} | {"chapter9-lib": __version__}
        self._table("splits.csv", ["path", "label", "split", "group", "camera"], _rows_of(split))
        self._json("config.json", {
            "photos": os.path.abspath(source.expanduser()), "network": network, "strategy": strategy,
            "settings": settings.to_dict(),
            "versions": {"python": platform.python_version(), **versions},
            "again": "chapter9 fit --config config.json --out ANOTHER_FOLDER",
        })  # fmt: skip

    def forget_states(self) -> None:
        """The run is finished: there is nothing to resume."""
        for name in (AGAIN, CHECKPOINT):
            (self.path / name).unlink(missing_ok=True)

    def write_history(self, history: Mapping[str, Any]) -> None:
        """What happened, epoch by epoch."""
        self._json("history.json", history)

    def write_predictions(self, photos: Photos, found: Evaluation) -> None:
        """One line a test photo."""
        truth = [found.classes[label] for label in found.labels]
        write_predictions(self.path / "predictions.csv", photos.paths, found.probabilities, found.classes, truth)

    def _json(self, name: str, content: Mapping[str, Any]) -> None:
        write_whole(self.path / name, (json.dumps(content, indent=1) + "\n").encode())

    def _table(self, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
        write_whole(self.path / name, _as_csv(columns, rows))


def _rows_of(split: Split) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for part in ("train", "val", "test"):
        photos: Photos = getattr(split, part)
        for at, path in enumerate(photos.paths):
            row = {"path": os.path.abspath(path), "label": photos.classes[photos.labels[at]], "split": part}
            rows.append(row | {key: photos.manifest[at].get(key, "") for key in ("group", "camera")})
    return rows


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
        row: dict[str, object] = {"path": os.path.abspath(file), "prediction": classes[best[at]]}
        row |= {"confidence": f"{probabilities[at, best[at]]:.4f}"} | ({"label": truth[at]} if truth else {})
        rows.append(row | {f"p({name})": f"{p:.4f}" for name, p in zip(classes, probabilities[at], strict=True)})
    rows += [{"path": os.path.abspath(file), "error": why} for file, why in (unreadable or {}).items()]
    columns = ["path", *(["label"] if truth else []), "prediction", "confidence", *(f"p({name})" for name in classes)]
    write_whole(path, _as_csv([*columns, *(["error"] if unreadable else [])], rows))


def _as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="surrogateescape")  # a file's name may be no UTF-8
