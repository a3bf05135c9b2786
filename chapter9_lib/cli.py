"""The command `chapter9`: thin doors to the library's functions."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from chapter9_lib import __version__

__all__ = ["main"]

app = typer.Typer(
    name="chapter9", help="Transfer learning, measured.", no_args_is_help=True, add_completion=False,
    rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    0: fine; 2: an error, told in one line; 130: broken off. `examine` gives 1 where something is wrong with the model
    or its photos, `check` where something is missing.

    With CHAPTER9_DEBUG=1 in the environment an error keeps its traceback. What the terminal can't write is written as
    an escape.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # some stand-ins can't be told
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(args=list(sys.argv[1:] if argv is None else argv), prog_name="chapter9", standalone_mode=False)
        return int(status or 0)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "show"):  # what the command line itself can't make sense of
            error.show()
            raise SystemExit(error.exit_code) from None
        if os.environ.get("CHAPTER9_DEBUG") == "1":
            raise
        print(f"chapter9: error: {_one_line(error)}", file=sys.stderr)
        return 2


def _version(wanted: bool) -> None:
    if wanted:
        print(f"chapter9 {__version__}")
        raise SystemExit(0)


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it, and end.")]


@app.callback()
def _start(version: Version = False) -> None:
    """Transfer learning, measured."""


@app.command()
def fit(
    photos: Annotated[Path | None, typer.Argument(
        help="A folder with one subfolder of photos a class, or of such folders called train, val and test; or a CSV "
        "table with the columns path and label, perhaps burst, camera and split.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to fill; default: runs/NAME_OF_THE_PHOTOS.")] = None,
    network: Annotated[str | None, typer.Option(
        help="What to borrow, as SOURCE/NAME; default: timm's MobileNetV2, or the bundled network offline.")] = None,
    strategy: Annotated[str | None, typer.Option(
        help="head, gradual, full or afresh; default: as chapter9 advise says, if a CPU can bear it.")] = None,
    head_epochs: Annotated[int | None, typer.Option(
        help="Passes with the head alone; default 15. (With afresh, everything is trained in both.)")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes with more than the head; default 10.")] = None,
    lr: Annotated[float | None, typer.Option(help="The learning rate of these; default: by the network.")] = None,
    patience: Annotated[int | None, typer.Option(
        help="Stop early: end a phase after so many epochs without a lower validation loss, and keep its best epoch; "
        "default: each phase runs to its end, and is undone if it ends worse than the one before.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Photos a step; default 32.")] = None,
    refit: Annotated[bool | None, typer.Option(
        "--refit/--no-refit", help="Train once more at the end, on training and validation photos together (default)."
    )] = None,
    by: Annotated[str | None, typer.Option(help="What stays on one side of the split: camera or burst.")] = None,
    whole: Annotated[bool | None, typer.Option(
        "--whole/--crop", help="See the whole frame, squeezed (default), or the network's usual crop.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the split, the head and the photos' order; default 0.")] = None,
    device: Annotated[str | None, typer.Option(
        help="cpu, cuda, mps; default: what there is. It may be another with --resume.")] = None,
    config: Annotated[Path | None, typer.Option(help="Repeat the run that wrote this config.json.")] = None,
    resume: Annotated[bool, typer.Option(
        "--resume", help="Go on with the run that was broken off in --out; name its photos if they moved.")] = False,
) -> None:  # fmt: skip
    """Train a classifier on your photos, and get a model, a report, and predictions on photos held out.

    \b
    chapter9 fit my_photos
    chapter9 fit my_photos --network timm/resnet50 --out runs/resnet50
    chapter9 fit --config runs/my_photos/config.json --out runs/again
    chapter9 fit --resume --out runs/my_photos
    chapter9 fit elsewhere/my_photos --resume --out runs/my_photos --device cpu
    torchrun --nproc-per-node 2 -m chapter9_lib.cli fit my_photos
    """
    from chapter9_lib.pipeline import Settings, fit
    from chapter9_lib.pipeline.folder import can_resume, read_run

    asked = {"network": network, "strategy": strategy, "head_epochs": head_epochs, "epochs": epochs, "lr": lr,
             "patience": patience, "batch_size": batch_size, "refit": refit, "by": by, "whole": whole, "seed": seed,
             "device": device}  # fmt: skip
    said = {name: value for name, value in asked.items() if value is not None}
    others = [name for name in (*said, *(["config"] if config else [])) if name != "device"]
    if resume and others:
        raise ValueError(f"--resume goes on as the run was begun: leave out --{others[0].replace('_', '-')}")
    if out is None:
        if photos is None:
            raise ValueError("Where to? --out FOLDER" if config or resume else "Which photos? chapter9 fit FOLDER")
        place = photos.expanduser().resolve()
        out = Path("runs") / (place.name if place.is_dir() else place.stem)
    like = out / "config.json" if resume else config
    before = read_run(like).settings.to_dict() if like is not None and said else {}
    settings = Settings.from_dict(before | said) if said else None
    try:
        fit(photos, out, settings, like=config, resume=resume, say=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        if can_resume(out):
            print(f"\nBroken off. To go on: chapter9 fit --resume --out {shlex.quote(str(out))}", file=sys.stderr)
        raise


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="model.safetensors of a run.")],
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders that are searched for photos.")],
    out: Annotated[Path | None, typer.Option(help="A CSV table to write; default: the answers are printed.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a table that is there.")] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: what there is.")] = None,
) -> None:  # fmt: skip
    """Name what photos show.

    \b
    chapter9 predict runs/my_photos/model.safetensors new_photos/ --out answers.csv
    """
    from chapter9_lib.pipeline import predict_photos
    from chapter9_lib.pipeline.prediction import require_free

    if out is not None and not replace:
        require_free(out)
    found = predict_photos(model, photos, device=device)
    if out is not None:
        print(f"{found}\n{found.write(out, replace)}")
        return
    for file, row in zip(found.files, found.probabilities, strict=True):
        print(f"{file}: {found.classes[row.argmax()]} {row.max():.0%}")
    for file, why in found.unreadable.items():
        print(f"{file}: {why}")


@app.command()
def examine(
    model: Annotated[Path, typer.Argument(help="A model that was saved with its card.")],
    photos: Annotated[Path, typer.Argument(help="Photos to train on: a folder, or a CSV table.")],
) -> int:  # fmt: skip
    """Let the doctor look at a model and photos; the exit status is 1 where something is wrong.

    A model that lies in the folder of its run is examined with the photos split as they were there.

    \b
    chapter9 examine runs/my_photos/model.safetensors my_photos
    """
    from chapter9_lib.models import load_model
    from chapter9_lib.pipeline.fitting import as_before
    from chapter9_lib.pipeline.folder import run_of
    from chapter9_lib.pipeline.grouping import find_groups
    from chapter9_lib.pipeline.opening import open_source
    from chapter9_lib.pipeline.splitting import split_photos
    from chapter9_lib.studies import examine

    opened = as_before(open_source(photos), run_of(model), print, resume=False)
    split = split_photos(find_groups(opened.photos), opened.split)
    report = examine(load_model(model), split.train, split.val)
    print(report)
    return 0 if report.healthy else 1


@app.command()
def advise(
    photos: Annotated[Path, typer.Argument(
        help="Photos to train on, as fit takes them: a folder with one subfolder a class, or a CSV table.")],
    network: Annotated[str | None, typer.Option(
        help="What to borrow, as SOURCE/NAME; default: timm's MobileNetV2, or the bundled network offline.")] = None,
    by: Annotated[str | None, typer.Option(help="What stays on one side of the split: camera or burst.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the split and the probes; default 0.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: what there is.")] = None,
) -> None:  # fmt: skip
    """Say how to adapt a borrowed network to your photos, and why; nothing is trained but a probe.

    \b
    chapter9 advise my_photos
    chapter9 advise my_photos --network timm/resnet50
    """
    from chapter9_lib.pipeline import Settings, advise

    asked = {"network": network, "by": by, "seed": seed, "device": device}
    settings = Settings.from_dict({name: value for name, value in asked.items() if value is not None})
    print(advise(photos, settings=settings))


@app.command()
def photos(
    folder: Annotated[Path | None, typer.Argument(
        help="Photos as fit takes them: a folder with one subfolder a class, or of such folders called train, val and "
        "test; or a CSV table.")] = None,
    field: Annotated[bool, typer.Option("--field", help="Fetch real trail-camera photos for the field world.")] = False,
) -> None:  # fmt: skip
    """Look through a folder of photos: classes, counts, what can't be read; or fetch real ones.

    \b
    chapter9 photos my_photos
    chapter9 photos --field
    """
    if field == (folder is not None):
        raise typer.BadParameter("either a FOLDER or --field is wanted")
    if field:
        from chapter9_lib.worlds.field_photos import fetch_field_photos

        print(fetch_field_photos())
        return
    from chapter9_lib.pipeline.opening import open_source

    said: list[str] = []
    opened = open_source(folder, said.append)
    found = opened.photos
    for line in [*(one for one in said if one != str(found.report)), found.report]:
        print(line)
    if opened.split is not None:
        _table("Parts", dict(Counter(opened.split)))
    _table("Classes", found.counts())
    for title, values in (("Cameras", found.cameras), ("Light", found.light)):
        known = Counter("unknown" if not value else str(value) for value in ([] if values is None else values))
        _table(title, dict(sorted(known.items())))
    print(f"Bursts: {'unknown' if found.groups is None else len(set(found.groups))}")


@app.command()
def weights(
    names: Annotated[list[str] | None, typer.Argument(
        metavar="[SOURCE/NAME]...", help="timm, torchvision or huggingface, and a name there.")] = None,
) -> None:  # fmt: skip
    """List the weights that are kept for rooms without internet, or keep more.

    \b
    chapter9 weights
    chapter9 weights timm/resnet50 torchvision/resnet18 huggingface/microsoft/resnet-18
    """
    from chapter9_lib.models.shelf import keep_weights, kept_weights
    from chapter9_lib.paths import field_dir

    for asked in names or []:
        source, slash, name = asked.partition("/")
        if not slash:
            raise ValueError(f"{asked!r} names no source: write timm/{asked}, or torchvision/{asked}, for instance")
        print(f"kept: {keep_weights(name, source)}", flush=True)
    kept = kept_weights()
    print(f"Weights in {field_dir() / 'weights'}: {len(kept) or 'none'}")
    for one in kept:
        print(f"  {one.source}/{one.name}  {one.bytes / 2**20:.0f} MiB, licence: {one.licence or 'not said'}")


@app.command()
def check() -> int:
    """Check that this machine has what the notebooks need.

    \b
    chapter9 check
    """
    from chapter9_lib.classroom.machine import check_machine

    return 1 if check_machine() else 0


def _table(title: str, counts: dict[str, int]) -> None:
    print(f"{title}: {len(counts)}" if counts else f"{title}: unknown")
    width = max(map(len, counts), default=0)
    for name, count in counts.items():
        print(f"  {name:<{width}}  {count}")


def _one_line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror and not error.filename else str(error)
    line = " ".join(text.split())
    foreseen = isinstance(error, ValueError | OSError) or type(error).__module__.startswith("chapter9_lib")
    return line if line and foreseen else f"{type(error).__name__}: {line} (CHAPTER9_DEBUG=1 shows where)"


if __name__ == "__main__":
    sys.exit(main())
