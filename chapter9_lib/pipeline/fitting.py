"""The whole recipe on a folder of photos: look, split, examine, train, calibrate, score, report."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import save_model, stages
from chapter9_lib.models.freezing import keeps_statistics
from chapter9_lib.pipeline.advising import advise_training
from chapter9_lib.pipeline.borrowing import borrow, draw_deep_stages_afresh
from chapter9_lib.pipeline.costs import operations
from chapter9_lib.pipeline.folder import Earlier, RunFolder, read_run
from chapter9_lib.pipeline.grouping import Grouping, find_groups
from chapter9_lib.pipeline.learning import in_words, learn, scored
from chapter9_lib.pipeline.opening import Opened, open_source
from chapter9_lib.pipeline.resuming import follow, require_same
from chapter9_lib.pipeline.settings import STRATEGIES, Settings
from chapter9_lib.pipeline.splitting import Split, split_photos
from chapter9_lib.studies import Report
from chapter9_lib.training import Evaluation, History, Phase
from chapter9_lib.training.devices import pick_device
from chapter9_lib.training.processes import Team, joined
from chapter9_lib.worlds.photos import Photos

__all__ = ["Fitted", "as_before", "choose_strategy", "fit", "phases_of", "plan"]

_SHOWN = 20
_LONG = 3e12
"""Operations from which on a CPU isn't asked to thaw everything: a minute or several, by its cores and the layers."""
_LEAST = 25
"""Photos to train on, from which on measured cells are asked; the smallest of these have twice as many."""


@dataclass(frozen=True)
class Fitted:
    """What a run has made.

    Attributes:
        model: calibrated, with the weights of the last training.
        network: where it was borrowed from.
        settings: the run's.
        phases: how it was trained, as planned.
        why: why so, in a sentence.
        grouping: which photos belong together.
        split: the three sets.
        history: of the training that the validation photos watched.
        before: what the doctor said before it.
        after: what the doctor said after it.
        again: the history of the training on training and validation photos together, whose weights the model has;
            None where the settings want none.
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
    why: str
    grouping: Grouping
    split: Split
    history: History
    before: Report
    after: Report
    temperature: float
    again: History | None
    raw: Evaluation
    test: Evaluation
    seconds: float
    folder: Path | None = None

    @property
    def learned_from(self) -> Photos:
        """The photos that the model's weights come from."""
        return self.split.train if self.again is None else self.split.train + self.split.val

    def __str__(self) -> str:
        where = f"\nreport: {self.folder / 'report.html'}" if self.folder else ""
        return f"test: {self.test}\n{self.network}, {len(self.history)} epochs, {self.seconds:.0f} s{where}"


def fit(
    source: str | Path | None = None, out: str | Path | None = None, settings: Settings | None = None, *,
    like: str | Path | None = None, resume: bool = False, say: Callable[[str], None] = print,
) -> Fitted:  # fmt: skip
    """Train a classifier on a folder of photos, and say how good it is on photos that it has never met.

    Nothing in the folder is moved, changed or deleted. Started by `torchrun` or `accelerate launch`, all processes
    train together and the first one writes.

    Args:
        source: a folder with one subfolder a class, or of such folders called train, val and test, or a CSV table;
            None: that of the earlier run. For a run that is resumed: where its photos are now, if they have moved.
        out: the folder to fill: model, report, predictions, and what is needed to repeat the run; None writes nothing.
        settings: how; None: as `Settings` says, or as the earlier run was. A run that is resumed may have another
            `device` than before, and nothing else.
        like: the `config.json` of an earlier run to repeat: its photos in their parts, its network, its settings.
        resume: go on with the run that was broken off in `out`, with its photos and settings; where they have changed
            `config.json` says so in the end.
        say: told in a line at a time what is going on.

    Raises:
        BlockingIOError: when another run is at work in `out`.
        FileExistsError, FileNotFoundError: when `out` is not empty, or has nothing to resume, or there is no source.
        ValueError: when there is nothing to learn from the photos, a setting makes no sense, several processes are to
            begin "afresh", or a run that is resumed had other photos or settings.
    """
    began = time.perf_counter()
    with joined() as rank, ExitStack() as inside:
        team = Team.present(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
        say = (lambda line: None) if rank else say
        folder = RunFolder(out, resume) if out is not None and rank == 0 else None
        config = folder.config if resume and folder else like
        earlier = team.agreed(read_run(config) if config is not None and rank == 0 else None)
        if resume and earlier is not None:
            earlier = follow(earlier, source)
            source = earlier.source
            require_same(earlier.settings, settings or earlier.settings)
        chosen = settings or (earlier.settings if earlier else Settings())
        pick_device(chosen.device)
        place = _source(source, out, earlier)
        if folder is not None:
            inside.enter_context(folder.alone(say))
        grouping, split = _looked_at(place, chosen, earlier, say, resume)
        model, network = _borrowed(chosen, earlier, len(split.train.classes), team, say)
        strategy, why = _strategy(model, split, chosen, earlier, team, say)
        if strategy == "afresh" and team.count > 1:
            raise ValueError(
                f'strategy "afresh" is for one process, not for {team.count}: the norms of each would learn something '
                "else; start it without torchrun or accelerate"
            )
        phases, why = _prepared(model, replace(chosen, strategy=strategy), why)
        say(f"{network}: {in_words(phases)} ({why})")
        if folder is not None and not resume:
            folder.begin(chosen, network, place, split, strategy)
        team.wait()
        states = None if out is None else Path(out).expanduser()
        learned = learn(model, split, phases, chosen, states, say, progress=rank == 0)
        if folder is not None and resume:
            folder.begin(chosen, network, place, split, strategy)
        raw, test = scored(model, split, chosen, learned.temperature)
        fitted = Fitted(
            model, network, chosen, phases, why, grouping, split, raw=raw, test=test,
            seconds=time.perf_counter() - began, folder=folder.path if folder else None, **vars(learned),
        )  # fmt: skip
        if folder is not None:
            _store(fitted, folder)
        say(str(fitted))
        return fitted


def plan(model: nn.Module, split: Split, settings: Settings) -> tuple[tuple[Phase, ...], str]:
    """The phases of the training, and why these.

    Args:
        model: the borrowed network; where "afresh" is chosen, its deep stages are drawn anew, in place.
        split: its training photos are looked at where the strategy is "auto".
        settings: the run's.
    """
    strategy, why = choose_strategy(model, split, settings)
    return _prepared(model, replace(settings, strategy=strategy), why)


def _prepared(model: nn.Module, settings: Settings, why: str) -> tuple[tuple[Phase, ...], str]:
    """The phases, for a network that is made ready for them in place, and why."""
    if settings.strategy == "afresh":
        why += f"; {draw_deep_stages_afresh(model, settings)} and all behind it drawn anew"
    return phases_of(model, settings), why


def phases_of(model: nn.Module, settings: Settings) -> tuple[Phase, ...]:
    """The phases of a strategy.

    Args:
        model: the borrowed network.
        settings: a strategy other than "auto", the epochs and the rates.

    Raises:
        ValueError: for "auto", which asks the photos (`plan`).
    """
    if settings.strategy == "auto":
        raise ValueError('strategy="auto" has no phases of its own: name one, or see `plan`')
    if settings.strategy == "head":
        seen = None if settings.views else False
        return (Phase("head", settings.head_epochs, settings.head_lr, augment=seen),)
    head, names = Phase("head", settings.head_epochs, settings.head_lr), [stage.name for stage in stages(model)]
    rate = settings.lr or (1e-3 if any(map(keeps_statistics, model.modules())) else 1e-4)
    if settings.strategy == "afresh":
        return (Phase(names[0], settings.head_epochs + settings.epochs, rate),)
    first = names[max(0, len(names) - 1 - settings.thawed)] if settings.strategy == "gradual" else names[0]
    return (head, Phase(first, settings.epochs, rate, settings.layer_decay))


def choose_strategy(model: nn.Module, split: Split, settings: Settings, processes: int = 1) -> tuple[str, str]:
    """What is asked for, or else what is advised (`advise`), and why.

    The head alone where nothing can be measured; not everything where that would take a CPU long; "afresh" in one
    process alone, for its norms learn, and for networks with batch norms alone, as it was measured.

    Args:
        model: the borrowed network.
        split: of the photos.
        settings: the run's.
        processes: that will train together.
    """
    if settings.strategy != "auto":
        return settings.strategy, "as it was asked for"
    count = len(split.train)
    if count < _LEAST:
        return "head", f"{count} photos to train on are too few to do more"
    try:
        found = advise_training(model, split.train, settings)
    except ValueError as error:
        return "head", f"it can't be measured what the network knows of these photos: {error}"
    why = f"{count} photos to train on, {found.similarity.known:.0%} known already: {found.in_short}"
    advised, barred = found.settings.strategy, {}
    if pick_device(settings.device).type == "cpu":
        barred = _too_long(model, count, settings)
    if processes > 1 or found.similarity.shift is None:
        barred["afresh"] = (
            "is for one process, without torchrun" if processes > 1 else "was measured with batch norms alone"
        )
    if advised not in barred:
        return advised, why
    strategy, lost = found.best_of([name for name in STRATEGIES if name not in barred])
    why += (
        f"; but {advised} {barred[advised]}, so {strategy} it is, {lost:.0f} points behind in such cells "
        f"(--strategy {advised} for the other)"
    )
    return strategy, why


def _too_long(model: nn.Module, photos: int, settings: Settings) -> dict[str, str]:
    """The strategies that would keep a CPU busy, and in what words."""
    epochs = {"full": settings.epochs, "afresh": settings.head_epochs + settings.epochs}
    work = {name: operations(model, photos, many) for name, many in epochs.items()}
    return {name: f"would take a CPU {much / 1e12:.0f} trillion operations"
            for name, much in work.items() if much > _LONG}  # fmt: skip


def _looked_at(
    place: Path, settings: Settings, earlier: Earlier | None, say: Callable[[str], None], resume: bool = False
) -> tuple[Grouping, Split]:  # fmt: skip
    """Open the photos, find out which belong together, and split them; say what was found."""
    opened = as_before(open_source(place, say), earlier, say, resume)
    report = opened.photos.report
    say(_counted(opened.photos.counts()) + (f"; {report.sizes_in_words}" if report is not None else ""))
    grouping = find_groups(opened.photos)
    for line in grouping.told:
        say(line)
    split = split_photos(
        grouping, opened.split, val=settings.val, test=settings.test, by=settings.by, seed=settings.seed
    )
    for line in (*split.told, _sizes(split)):
        say(line)
    return grouping, split


def _counted(counts: dict[str, int]) -> str:
    """The classes and their photos in a line."""
    shown = ", ".join(f"{name} {count}" for name, count in list(counts.items())[:_SHOWN])
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    return f"{len(counts)} classes: {shown}{more}"


def _borrowed(
    settings: Settings, earlier: Earlier | None, classes: int, team: Team, say: Callable[[str], None]
) -> tuple[nn.Module, str]:  # fmt: skip
    """The same network in every process: what the first one could get, or what an earlier run found for "auto"."""
    same = earlier is not None and settings.network == earlier.settings.network
    wanted = replace(settings, network=earlier.network) if same else settings
    model, name = borrow(wanted, classes, say) if team.rank == 0 else (None, "")
    name = team.agreed(name)
    return (model, name) if model is not None else borrow(replace(settings, network=name), classes, say)


def _strategy(
    model: nn.Module, split: Split, settings: Settings, earlier: Earlier | None, team: Team, say: Callable[[str], None]
) -> tuple[str, str]:  # fmt: skip
    """The same in every process, and in a run that is resumed or repeated with the same network."""
    if earlier is not None and earlier.strategy:
        before = earlier.settings
        if settings.strategy == before.strategy == "auto" and settings.network == before.network:
            return earlier.strategy, "the run before was made so"
    if settings.strategy == "auto":
        say("asking how much the network knows of these photos already")
    return team.agreed(choose_strategy(model, split, settings, team.count) if team.rank == 0 else None)


def _source(source: str | Path | None, out: str | Path | None, earlier: Earlier | None) -> Path:
    """Where the photos are, once that makes sense.

    Raises:
        ValueError: when nobody says, or the run's folder would lie among them.
    """
    if source is None and earlier is None:
        raise ValueError("Which photos? A folder, a table, or the config.json of an earlier run")
    place = Path(source).expanduser() if source is not None else earlier.source
    inside = out is not None and place.is_dir() and Path(out).expanduser().resolve().is_relative_to(place.resolve())
    if inside:
        raise ValueError(f"{out} lies among the photos: name a folder elsewhere with --out")
    return place


def as_before(opened: Opened, earlier: Earlier | None, say: Callable[[str], None], resume: bool) -> Opened:
    """The photos of an earlier run and their classes, in its parts, where all are still there; else all, split anew.

    Raises:
        ValueError: when the run is to be resumed, and photos are missing.
    """
    if earlier is None or not earlier.parts:
        return opened
    at = {Path(os.path.abspath(path)): number for number, path in enumerate(opened.photos.paths)}
    gone = [path for path in earlier.parts if path not in at]
    if gone and resume:
        raise ValueError(f"{len(gone)} photos of the run that was broken off are not here or can't be read, the first "
                         f"{gone[0]}: put them back, or begin anew with another --out")  # fmt: skip
    if gone:
        say(f"{len(gone)} photos of the earlier run are not here, the first {gone[0]}: split anew")
        return opened
    if len(at) > len(earlier.parts):
        say(f"{len(at) - len(earlier.parts)} photos are new since the earlier run, and left out of its repetition")
    photos = opened.photos.subset([at[path] for path in earlier.parts])
    known = [name for name, count in photos.counts().items() if count]
    return Opened(photos.only(known), list(earlier.parts.values()))


def _store(fitted: Fitted, folder: RunFolder) -> None:
    from chapter9_lib.pipeline.report import write_report

    low, high = fitted.test.interval
    told: dict[str, Any] = {
        "classes": fitted.test.classes, "accuracy": round(fitted.test.accuracy, 4), "photos": len(fitted.learned_from),
        "interval": [round(low, 4), round(high, 4)], "tested_on": f"{len(fitted.split.test)} photos, "
        f"split by {fitted.split.by}", "temperature": round(fitted.temperature, 4), "borrowed_from": fitted.network,
        "trained": f"{in_words(fitted.phases)} ({fitted.why})",
    }  # fmt: skip
    save_model(fitted.model, folder.model, told)
    folder.write_history(fitted.history.to_dict() | ({"again": fitted.again.to_dict()} if fitted.again else {}))
    folder.write_predictions(fitted.split.test, fitted.test)
    write_report(fitted, folder.report)
    folder.forget_states()


def _sizes(split: Split) -> str:
    return f"{len(split.train)} photos to train on, {len(split.val)} to choose by, {len(split.test)} to test"
