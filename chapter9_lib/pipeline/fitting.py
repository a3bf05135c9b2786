"""The whole recipe on a folder of photos: look, split, examine, train, calibrate, score, report."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained, preprocessing, save_model, stages
from chapter9_lib.pipeline.folder import RunFolder
from chapter9_lib.pipeline.grouping import Grouping, find_groups
from chapter9_lib.pipeline.opening import open_source
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import Split, split_photos
from chapter9_lib.studies import Report, examine
from chapter9_lib.training import Evaluation, History, Phase, evaluate, fine_tune, predict
from chapter9_lib.training.data import MEMORY_LIMIT
from chapter9_lib.training.processes import joined
from chapter9_lib.training.temperature import fit_temperature, fold_temperature

__all__ = ["Fitted", "borrow", "fit", "plan"]

DEFAULT, BUNDLED = "timm/mobilenetv2_100", "bundled/lab-resnet"
_INSTEAD = (
    "the bundled network takes its place, which was trained on rendered photos and knows less. For better results: "
    "chapter9 weights timm/mobilenetv2_100, on a machine with a network"
)
_FEW, _RARE, _VIEWS = 15, 3.0, 4


@dataclass(frozen=True)
class Fitted:
    """What a run has made.

    Attributes:
        model: calibrated, with the best validation's weights.
        network: where it was borrowed from.
        settings: the run's.
        phases: how it was trained.
        grouping: which photos belong together.
        split: the three sets.
        history: of the training.
        before: what the doctor said before it.
        after: what the doctor said after it.
        temperature: what the scores were divided by.
        raw: its answers on the test photos before that.
        test: and after.
        seconds: of the whole run.
        folder: where everything lies; None where nothing was written.
    """

    model: nn.Module
    network: str
    settings: Settings
    phases: tuple[Phase, ...]
    grouping: Grouping
    split: Split
    history: History
    before: Report
    after: Report
    temperature: float
    raw: Evaluation
    test: Evaluation
    seconds: float
    folder: Path | None = None

    def __str__(self) -> str:
        where = f"\nreport: {self.folder / 'report.html'}" if self.folder else ""
        return f"test: {self.test}\n{self.network}, {len(self.history)} epochs, {self.seconds:.0f} s{where}"


def fit(
    source: str | Path, out: str | Path | None = None, settings: Settings | None = None, *, resume: bool = False,
    say: Callable[[str], None] = print,
) -> Fitted:  # fmt: skip
    """Train a classifier on a folder of photos, and say how good it is on photos that it has never met.

    Nothing in the folder is moved, changed or deleted. Started by `torchrun` or `accelerate launch`, all processes
    train together and the first one writes.

    Args:
        source: a folder with one subfolder a class, or of such folders called train, val and test, or a CSV table.
        out: the folder to fill: model, report, predictions, and what is needed to repeat the run; None writes nothing.
        settings: how; None: as `Settings` says.
        resume: go on with the run that was broken off in `out`, with its settings.
        say: told in a line at a time what is going on.

    Raises:
        FileExistsError, FileNotFoundError: when `out` is not empty, or has nothing to resume, or there is no source.
        ValueError: when there is nothing to learn from the photos, or a setting makes no sense.
    """
    began = time.perf_counter()
    with joined() as rank:
        quiet = (lambda line: None) if rank else say
        folder = RunFolder(out, resume or rank > 0) if out is not None else None
        if resume and folder is not None:
            settings, _ = Settings.from_file(folder.config)
        chosen = settings or Settings()
        opened = open_source(source)
        if folder is not None and rank == 0 and not resume:
            folder.begin(chosen, Path(source))
        grouping = find_groups(opened.photos)
        split = split_photos(
            grouping.photos, opened.split, val=chosen.val, test=chosen.test, by=chosen.by, seed=chosen.seed
        )
        for line in (*grouping.told, *split.told, _sizes(split)):
            quiet(line)
        if folder is not None and rank == 0:
            folder.write_split(split)
        model, network = borrow(chosen, len(split.train.classes), quiet)
        phases = plan(model, split, chosen)
        quiet(f"{network}: {'; '.join(f'{p.epochs} epochs from {p.until}' for p in phases)}")
        borrowed = copy.deepcopy(model.state_dict())
        before = examine(model, split.train, split.val, borrowed=borrowed)
        history = _train(model, split, phases, chosen, folder, progress=rank == 0)
        after = examine(model, split.train, split.val, history=history, borrowed=borrowed)
        fitted = _finish(model, network, chosen, phases, grouping, split, history, (before, after), began, folder)
        if folder is not None and rank == 0:
            _store(fitted, folder)
        quiet(str(fitted))
        return fitted


def borrow(settings: Settings, classes: int, say: Callable[[str], None]) -> tuple[nn.Module, str]:
    """The network with a fresh head and norms that stand still, and where it is from."""
    torch.manual_seed(settings.seed)
    name = DEFAULT if settings.network == "auto" else settings.network
    try:
        model = _load(name, classes)
    except ConnectionError as error:
        if settings.network != "auto":
            raise
        say(f"{str(error).split(' (')[0]}: {_INSTEAD}")
        name = BUNDLED
        model = _load(name, classes)
    return freeze_batchnorm(model), name


def _load(name: str, classes: int) -> nn.Module:
    source, _, rest = name.partition("/")
    return load_pretrained(rest, source=source, num_classes=classes)


def plan(model: nn.Module, split: Split, settings: Settings) -> tuple[Phase, ...]:
    """The phases of the training.

    Args:
        model: the borrowed network.
        split: for the number of photos.
        settings: the run's; with strategy "auto" the head alone is trained where a class has few photos.
    """
    few = min(split.train.counts().values()) < _FEW
    strategy = ("head" if few else "gradual") if settings.strategy == "auto" else settings.strategy
    head = Phase("head", settings.head_epochs, settings.head_lr)
    if strategy == "head":
        return (head,)
    names = [stage.name for stage in stages(model)]
    first = names[max(0, len(names) - 1 - settings.thawed)] if strategy == "gradual" else names[0]
    return head, Phase(first, settings.epochs, settings.head_lr / 10, settings.layer_decay)


def _train(
    model: nn.Module, split: Split, phases: tuple[Phase, ...], settings: Settings, folder: RunFolder | None,
    progress: bool,
) -> History:  # fmt: skip
    counts = [count for count in split.train.counts().values() if count]
    return fine_tune(
        model, split.train, split.val, phases=phases, batch_size=settings.batch_size, patience=settings.patience,
        views=_views(model, split, settings), weight_decay=settings.weight_decay, seed=settings.seed,
        balance=max(counts) > _RARE * min(counts), device=settings.device, checkpoint=folder and folder.checkpoint, progress=progress,
    )  # fmt: skip


def _views(model: nn.Module, split: Split, settings: Settings) -> int:
    """How many views of each photo are kept."""
    height, width = preprocessing(model).size
    fits = _VIEWS * 3 * height * width * len(split.train) <= MEMORY_LIMIT
    return (_VIEWS if fits else 0) if settings.views is None else settings.views


def _finish(
    model: nn.Module, network: str, settings: Settings, phases: tuple[Phase, ...], grouping: Grouping, split: Split,
    history: History, doctor: tuple[Report, Report], began: float, folder: RunFolder | None,
) -> Fitted:  # fmt: skip
    """Calibrate on the validation photos, then look at the test photos, once."""
    raw = evaluate(model, split.test, device=settings.device)
    held_out = predict(model, split.val, device=settings.device)
    temperature = fit_temperature(held_out, split.val.labels, doubt=0.5)
    fold_temperature(model, temperature)
    test = evaluate(model, split.test, device=settings.device)
    return Fitted(model, network, settings, phases, grouping, split, history, *doctor, temperature, raw, test,
                  time.perf_counter() - began, folder.path if folder else None)  # fmt: skip


def _store(fitted: Fitted, folder: RunFolder) -> None:
    from chapter9_lib.pipeline.report import write_report

    low, high = fitted.test.interval
    save_model(fitted.model, folder.model, {
        "classes": fitted.test.classes, "accuracy": round(fitted.test.accuracy, 4), "photos": len(fitted.split.train),
        "interval": [round(low, 4), round(high, 4)], "tested_on": f"{len(fitted.split.test)} photos, "
        f"split by {fitted.split.by}", "temperature": round(fitted.temperature, 4), "borrowed_from": fitted.network,
    })  # fmt: skip
    folder.write_history(fitted.history.to_dict())
    folder.write_predictions(fitted.split.test, fitted.test)
    write_report(fitted, folder.report)
    folder.checkpoint.unlink(missing_ok=True)


def _sizes(split: Split) -> str:
    return f"{len(split.train)} photos to train on, {len(split.val)} to choose by, {len(split.test)} to test"
