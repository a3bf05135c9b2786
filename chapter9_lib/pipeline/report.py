"""One page on a run, with everything inside: how good, where it fails, how sure it is, and what to do next."""

import base64
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib import __version__
from chapter9_lib.classroom.figures import bars_with_intervals, confusion_matrix, encode, lines, photo_grid, reliability
from chapter9_lib.files import write_whole
from chapter9_lib.pipeline.fitting import Fitted
from chapter9_lib.pipeline.learning import in_words
from chapter9_lib.pipeline.next_steps import next_steps
from chapter9_lib.training import Evaluation, bootstrap_interval
from chapter9_lib.worlds.reading import UnreadablePhoto, open_photo

__all__ = ["class_rows", "worst_mistakes", "write_report"]

_STYLE = """
body{font:16px/1.55 system-ui,sans-serif;color:#222;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin-bottom:.2rem} h2{font-size:1.2rem;margin:2.2rem 0 .4rem} img{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:.92rem} th,td{padding:.25rem .7rem .25rem 0;text-align:left;vertical-align:top}
.big{font-size:2.6rem;font-weight:650;margin:.4rem 0 0} .soft{color:#666} li{margin:.25rem 0} code{font-size:.9em}
"""
_MOST_SHOWN, _MOST_CLASSES = 12, 40
_SAME = "The network that learned from these photos as well gets the same number: they can no longer tell of it. "
_UNDONE = " What came after it was undone: fewer validation photos were named right, or less surely."


def write_report(fitted: Fitted, path: Path) -> Path:
    """Write the page; it needs no other file and no network.

    Args:
        fitted: the run.
        path: of the page; nothing half-written stays behind.
    """
    sections = (_headline, _next, _per_class, _confusion, _mistakes, _curves, _calibration, _doctor, _photos, _made)
    parts = [_drawn(section, fitted) for section in sections]
    title = f"{', '.join(fitted.test.classes[:6])}: a run of chapter9 fit"
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )
    write_whole(path, page.encode(errors="replace"))
    return path


def class_rows(found: Evaluation) -> list[dict[str, object]]:
    """For each class with test photos: how many, what share was named right, and its interval over groups."""
    rows, right = [], (found.predictions == found.labels).astype(float)
    for label, name in enumerate(found.classes):
        own = found.labels == label
        if own.any():
            groups = None if found.groups is None else found.groups[own]
            low, high = bootstrap_interval(right[own], groups)
            label, mean = f"{_plain(name)} ({own.sum()})", 100 * float(right[own].mean())
            rows.append({"method": "fine-tuned", "label": label, "mean": mean, "interval": (100 * low, 100 * high)})
    return rows


def worst_mistakes(found: Evaluation, count: int = _MOST_SHOWN) -> list[int]:
    """The positions of photos that were named wrong, the surest first, at most two of a group."""
    wrong = np.flatnonzero(found.predictions != found.labels)
    order = wrong[np.argsort(-found.probabilities[wrong].max(1), kind="stable")]
    taken: list[int] = []
    seen: dict[str, int] = {}
    for at in order:
        group = str(at if found.groups is None else found.groups[at])
        seen[group] = seen.get(group, 0) + 1
        if seen[group] <= 2 and len(taken) < count:
            taken.append(int(at))
    return taken


def _drawn(section: Callable[[Fitted], str], fitted: Fitted) -> str:
    """A section; one that fails is told in a line, and the others are there."""
    try:
        return section(fitted)
    except Exception as error:  # noqa: BLE001 - a report with a gap is better than none
        what = section.__name__.strip("_").replace("_", " ")
        return (
            f"<p class=soft>({escape(what)} can't be shown: {escape(type(error).__name__)}: {escape(str(error))})</p>"
        )


def _next(fitted: Fitted) -> str:
    return f"<h2>What to do next</h2>{_items(next_steps(fitted))}"


def _headline(fitted: Fitted) -> str:
    test = fitted.test
    low, high = test.interval
    commonest = int(np.bincount(fitted.split.train.labels).argmax())
    always = float((test.labels == commonest).mean())
    recalls = [share for share in test.per_class.values() if not np.isnan(share)]
    units, by = len(set(fitted.split.test.groups)), fitted.split.by
    over = "" if by == "photo" else f", drawn by {by}: there are {units}"
    how = f" (95 % interval {low:.1%} to {high:.1%}{over})"
    if units == 1 and by != "photo":
        how = f". They are all of one {by}, and one {by} gives no interval: another may score quite otherwise"
    return (
        f"<h1>{escape(', '.join(test.classes[:8]))}{' …' if len(test.classes) > 8 else ''}</h1>"
        f"<p class=soft>{len(fitted.grouping.photos)} photos, {escape(fitted.network)}</p>"
        f"<p class=big>{test.accuracy:.1%}</p><p>of {len(test.labels)} test photos are named "
        f"right{how}. On average over classes it is {np.mean(recalls):.1%}. Always answering "
        f"<i>{escape(test.classes[commonest])}</i> would get {always:.1%}.</p><p class=soft>These photos were held out "
        "from the start. Once you have changed something because of what you see here, they are no longer unseen: keep "
        "others for the day you publish a number.</p>"
    )


def _per_class(fitted: Fitted) -> str:
    found = fitted.test
    rows = class_rows(found)
    shown = rows if len(rows) <= _MOST_CLASSES else sorted(rows, key=lambda row: row["mean"])[:_MOST_CLASSES]
    fig = bars_with_intervals(shown, xlabel="named right", limits=(0, 100))
    some = "" if shown is rows else f" These are the {len(shown)} worst of {len(rows)}."
    return _section("Class by class", _image(fig, "The share named right of each class, with its interval"),
                    "Behind each name, its number of test photos. The whiskers are 95 % intervals, drawn "
                    f"{fitted.split.by} by {fitted.split.by}: few of these, wide whiskers.{some}")  # fmt: skip


def _confusion(fitted: Fitted) -> str:
    found = fitted.test
    if len(found.classes) > 20:
        return ""
    fig = confusion_matrix(found.confusion, list(map(_plain, found.classes)))
    return _section("What was taken for what", _image(fig, "Confusion matrix: rows the truth, columns the answer"),
                    "Rows are the truth, columns the answers.")  # fmt: skip


def _mistakes(fitted: Fitted) -> str:
    found, photos, images, captions = fitted.test, fitted.split.test, [], []
    for at in worst_mistakes(found):
        try:
            photo = open_photo(photos.paths[at])
            photo.thumbnail((400, 400))
            images.append(photo)
        except UnreadablePhoto:
            continue
        sure = found.probabilities[at].max()
        said, truth = found.classes[found.predictions[at]], found.classes[found.labels[at]]
        captions.append(f"{_plain(truth)}\nsaid: {_plain(said)}, {sure:.0%}")
    if not images:
        return _section("The worst mistakes", "", "None: every test photo was named right.")
    fig = photo_grid(images, captions, columns=4)
    names = ", ".join(escape(photos.paths[at].name) for at in worst_mistakes(found))
    return _section("The worst mistakes", _image(fig, "Photos that were named wrong, the surest first"),
                    "The surest first. Some may be labelled wrong; if you mend labels, look through all photos and not "
                    f"only at these, or the score will flatter. <span class=soft>{names}</span>")  # fmt: skip


def _curves(fitted: Fitted) -> str:
    history = fitted.history
    epochs = list(range(1, len(history) + 1))
    fig = lines(
        {"training": (epochs, [100 * value for value in history.accuracy]),
         "validation": (epochs, [100 * value for value in history.val_accuracy])},
        xlabel="epoch", ylabel="named right (%)", ticks=epochs[:: 1 + len(epochs) // 12],
        marks={f"from {phase.until}": 1 + history.phase.index(number)
               for number, phase in enumerate(fitted.phases) if number and number in history.phase},
    )  # fmt: skip
    best = history.best_epoch
    of = "that of the lowest validation loss" if fitted.settings.patience else "the end of its phase"
    kept = "the last epoch" if best is None else f"epoch {best + 1}, {of}"
    undone = best is not None and not fitted.settings.patience and best + 1 < len(history)
    return _section("The training", _image(fig, "Accuracy on training and validation photos, epoch by epoch"),
                    f"{'The model has' if fitted.again is None else 'Kept were'} the weights of {kept}."
                    + (_UNDONE if undone else "") + _again(fitted))  # fmt: skip


def _again(fitted: Fitted) -> str:
    if fitted.again is None:
        return ""
    return (f" Then the borrowed network was trained once more, in the same way, on these {len(fitted.learned_from)} "
            "photos together, the validation photos among them: the model has those weights.")  # fmt: skip


def _calibration(fitted: Fitted) -> str:
    fig = reliability({"as trained": fitted.raw.calibration, "calibrated": fitted.test.calibration})
    warm = fitted.temperature
    how = "about as sure as it should be" if abs(np.log(warm)) < 0.05 else (
        "too sure of itself" if warm > 1 else "not sure enough of itself")  # fmt: skip
    return _section(
        "How sure it is", _image(fig, "How often it is right when it is so sure, before and after calibration"),
        f"On the {len(fitted.split.val)} validation photos the network was {how}: its scores are divided by "
        f"{warm:.2f}, which changes no answer. {'' if fitted.again is None else _SAME}The saved model has this built "
        "in. On the line it would be right as often as it says.",
    )  # fmt: skip


def _doctor(fitted: Fitted) -> str:
    return (
        f"<h2>What the doctor says</h2><p class=soft>Before the training:</p>{fitted.before._repr_html_()}"
        f"<p class=soft>After it:</p>{fitted.after._repr_html_()}"
    )


def _photos(fitted: Fitted) -> str:
    split = fitted.split
    head = "".join(f"<th>{name}</th>" for name in ("", "training", "validation", "test"))
    counts = [part.counts() for part in (split.train, split.val, split.test)]
    rows = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{count[name]}</td>' for count in counts)}</tr>"
        for name in split.train.classes
    )
    report = fitted.grouping.photos.report
    out = [f"{item.path}: {item.why}" for item in report.left_out] if report else []
    told = (*([report.sizes_in_words] if report else []), *fitted.grouping.told, *split.told)
    return f"<h2>The photos</h2><table><tr>{head}</tr>{rows}</table>{_items(told)}" + (
        f"<p>Left out, because they can't be read:</p>{_items(out[:50])}" if out else ""
    )


def _made(fitted: Fitted) -> str:
    settings = ", ".join(f"{key} {value}" for key, value in fitted.settings.to_dict().items() if value is not None)
    return (
        f"<h2>How it was made</h2><p>chapter9-lib {__version__}, in {fitted.seconds:.0f} s on {fitted.history.device}: "
        f"{escape(in_words(fitted.phases))} ({escape(fitted.why)}).</p>"
        f"<p>{escape(settings)}.</p><p>Use it: <code>chapter9 predict model.safetensors PHOTOS… --out predictions.csv"
        "</code>. Make it again: <code>chapter9 fit --config config.json --out ANOTHER_FOLDER</code>.</p>"
        f"<p class=soft>{escape(fitted.history.cache)}</p>"
    )


def _section(title: str, inside: str, below: str) -> str:
    return f"<h2>{title}</h2>{inside}<p>{below}</p>"


def _plain(name: str) -> str:
    """A name as matplotlib writes it: a dollar sign begins no formula, and every character is one."""
    return name.encode(errors="replace").decode().replace("$", r"\$")


def _items(entries: Iterable[str]) -> str:
    inside = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
    return f"<ul>{inside}</ul>" if inside else ""


def _image(fig: Figure, alt: str) -> str:
    content, kind, (width, _) = encode(fig)
    data = base64.b64encode(content).decode()
    return f"<img src='data:{kind};base64,{data}' width={width} alt='{escape(alt, quote=True)}'>"
