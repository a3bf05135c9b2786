"""Guess first, then look: predictions committed before a run, and how far off they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from chapter9_lib.classroom import progress
from chapter9_lib.classroom.frontend import front_end, in_notebook
from chapter9_lib.classroom.intervals import rounded

__all__ = ["Score", "guess", "reveal", "score", "scored", "tally"]


_ASKED: dict[str, dict[str, Any]] = {}
"""What has been asked in this session, be it answered or not."""


@dataclass(frozen=True)
class Score:
    """A guess against a measurement: whether it fell inside the interval, and its distance from the mean."""

    inside: bool
    distance: float


def guess(
    question_id: str, question: str, low: float = 0, high: float = 100, unit: str = "%", value: float | None = None
) -> None:
    """Commit a prediction before the run.

    With a front end: a slider and a button. As a plain call, anywhere: `guess("n01.scratch", "…", value=55)`.
    Where nobody is there to answer, the middle of the range stands in and is not counted as anybody's guess.

    Args:
        question_id: such as "n01.scratch"; `reveal` finds the guess by it.
        question: what is to be guessed, in a sentence.
        low, high: the range of sensible answers, in `unit`.
        unit: of the answer, as it is shown.
        value: the guess; None: asked for by a slider.

    Raises:
        ValueError: when `value` lies outside the range.
    """
    asked = _ASKED[question_id] = {"question": question, "low": low, "high": high, "unit": unit}
    if value is not None:
        if not low <= value <= high:
            raise ValueError(f"A guess for {question_id!r} lies between {low} and {high} {unit}, not at {value}.")
        print(_commit(question_id, asked, value))
    elif front_end():
        _ask(question_id, asked)
    else:
        kept = _commit(question_id, asked, (low + high) / 2, neutral=True)
        print(f"{question}\n{kept} To commit yours: guess({question_id!r}, …, value=…)")


def reveal(
    question_id: str, truth: float, interval: tuple[float, float] | None = None, *, truth_is: str = "measured"
) -> None:
    """Show the committed guess against what was measured, and say in a sentence how close it was.

    Args:
        question_id: as for `guess`; where nobody has guessed, the truth is shown alone.
        truth: what was measured, in the unit of the guess.
        interval: its 95 % interval, from low to high; None where there is none.
        truth_is: how to call it in the sentence.
    """
    kept = progress.load("guesses").get(question_id)
    progress.update("revealed", question_id, {"truth": truth, "interval": interval})
    asked = kept or _ASKED.get(question_id, {"low": 0, "high": 100, "unit": "%"})
    sentence = _sentence(kept, truth, interval, asked["unit"], truth_is)
    if in_notebook():
        from chapter9_lib.classroom.figures import guess_against_truth, show

        name = "nobody's guess" if kept and kept["neutral"] else "your guess"
        value = kept["value"] if kept else None
        bounds = {"low": min(asked["low"], truth), "high": max(asked["high"], truth)}
        show(guess_against_truth(value, truth, interval, unit=asked["unit"], name=name, **bounds), alt=sentence)
    print(sentence)


def score(value: float, truth: float, interval: tuple[float, float] | None = None) -> Score:
    """Whether a guess lies in the interval (or, without one, within 1 of the truth), and how far from the truth."""
    low, high = interval or (truth - 1, truth + 1)
    return Score(low <= value <= high, abs(value - truth))


def scored() -> list[dict[str, Any]]:
    """Every question that was guessed and revealed: its `question`, `guess`, `truth`, `interval`, the range that was
    asked for, `low` to `high`, and its `unit`.

    A guess that was changed after the reveal stands as it was before; `honest` is False where there was none before, or
    nobody guessed.
    """
    guesses, truths, found = progress.load("guesses"), progress.load("revealed"), []
    for name, kept in sorted(guesses.items()):
        if name in truths:
            honest = kept["counted"] is not None
            asked = {key: kept[key] for key in ("question", "low", "high", "unit")}
            found.append(asked | truths[name] | {"guess": kept["counted" if honest else "value"], "honest": honest})
    return found


def tally(rows: Sequence[Mapping[str, Any]]) -> str:
    """How well somebody guesses, in two sentences; kind words where nobody has guessed in time.

    Args:
        rows: as `scored` gives them; those that are not honest are passed over.
    """
    mine = [row for row in rows if row["honest"]]
    if not mine:
        return "No guess was made in time on this machine yet. Commit one in any notebook, run on, and come back."
    inside = sum(score(row["guess"], row["truth"], row["interval"]).inside for row in mine)
    high = sum(row["guess"] > row["truth"] for row in mine)
    low = sum(row["guess"] < row["truth"] for row in mine)
    off, lazy = _mean_error(mine, middle=False), _mean_error(mine, middle=True)
    return (
        f"Guesses made in time: {len(mine)}. Inside the interval: {inside}. Too high: {high}, too low: {low}.\n"
        f"Off by {off:.0%} of the range on average; always the middle would have been off by {lazy:.0%}."
    )


def _mean_error(rows: Sequence[Mapping[str, Any]], middle: bool) -> float:
    """As a share of the ranges asked for."""
    guessed = [(row["low"] + row["high"]) / 2 if middle else row["guess"] for row in rows]
    return fmean(abs(one - row["truth"]) / (row["high"] - row["low"]) for one, row in zip(guessed, rows, strict=True))


def _commit(question_id: str, asked: dict[str, Any], value: float, neutral: bool = False) -> str:
    before = progress.load("guesses").get(question_id)
    if before and neutral and not before["neutral"]:
        return f"Kept: {_amount(before['value'], asked['unit'])}."
    same = before is not None and not before["neutral"] and before["value"] == value
    late = before["late"] if same else question_id in progress.load("revealed")
    counted = (before or {}).get("counted") if neutral or late else value
    kept = {**asked, "value": value, "neutral": neutral, "late": late, "counted": counted}
    progress.update("guesses", question_id, kept)
    if neutral:
        return f"Nobody is here to guess, so {_amount(value, asked['unit'])} stands in."
    return f"Committed: {_amount(value, asked['unit'])}." + (" (After the reveal; marked as such.)" if late else "")


def _ask(question_id: str, asked: dict[str, Any]) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    before = progress.load("guesses").get(question_id)
    low, high = asked["low"], asked["high"]
    start = before["value"] if before else (low + high) / 2
    slider = widgets.FloatSlider(
        value=start,
        min=low,
        max=high,
        step=1 if high - low >= 20 else (high - low) / 100,
        readout_format=".0f" if high - low >= 20 else ".2f",
        description=asked["unit"],
        layout=widgets.Layout(width="24em"),
    )
    button = widgets.Button(description="Commit my guess", button_style="primary")
    answer = widgets.HTML("Already committed; move and commit again to change it." if before else "")

    def commit(_: object) -> None:
        answer.value = _commit(question_id, asked, slider.value)

    button.on_click(commit)
    display(widgets.VBox([widgets.HTML(f"<b>{asked['question']}</b>"), widgets.HBox([slider, button]), answer]))


def _sentence(
    kept: dict[str, Any] | None, truth: float, interval: tuple[float, float] | None, unit: str, truth_is: str
) -> str:
    shown = f"{truth_is.capitalize()}: {_amount(truth, unit)}"
    if interval:
        width = interval[1] - interval[0]
        low, high = (rounded(bound, 0 if width >= 2 else 1 if width >= 0.2 else 2) for bound in interval)
        shown += f" (95 % interval {low} to {high})"
    if kept is None:
        return f"{shown}. You had not committed a guess to this one."
    if kept["neutral"]:
        return f"{shown}. No guess was committed, so the middle of the range stands in: {_amount(kept['value'], unit)}."
    result = score(kept["value"], truth, interval)
    points = "points" if unit == "%" else unit
    how = (
        "inside the interval: well judged"
        if result.inside
        else (f"{result.distance:.0f} {points} too {'high' if kept['value'] > truth else 'low'}")
    )
    late = " It was made after the reveal, so it does not count." if kept["late"] else ""
    return f"{shown}. Your guess of {_amount(kept['value'], unit)} was {how}.{late}"


def _amount(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    shown = rounded(value, digits)
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown} {unit}".rstrip()
