import json

import pytest

from chapter9_lib.classroom import guess, progress, reveal
from chapter9_lib.classroom.figures import guess_board
from chapter9_lib.classroom.guesses import score, scored, tally

Q = "n01.scratch"


def kept():
    return progress.load("guesses")[Q]


def test_plain_call_commits_and_reveal_compares(capsys):
    guess(Q, "How good is scratch?", value=55)
    reveal(Q, 81, (78, 84))
    out = capsys.readouterr().out
    assert "Committed: 55 %." in out
    assert "Measured: 81 % (95 % interval 78 to 84). Your guess of 55 % was 26 points too low." in out
    assert kept()["counted"] == 55 and not kept()["late"]


def test_a_guess_inside_the_interval_is_praised(capsys):
    guess(Q, "?", value=80)
    reveal(Q, 81, (78, 84))
    assert "inside the interval" in capsys.readouterr().out


def test_headless_stands_in_neutrally_and_never_replaces_a_real_guess(capsys):
    guess(Q, "How good?", low=0, high=40, unit="minutes")
    assert kept()["neutral"] and kept()["value"] == 20 and kept()["counted"] is None
    guess(Q, "How good?", low=0, high=40, unit="minutes", value=7)
    guess(Q, "How good?", low=0, high=40, unit="minutes")
    assert kept()["value"] == 7 and not kept()["neutral"]
    assert "Nobody is here" in capsys.readouterr().out


def test_a_guess_after_the_reveal_is_marked_and_the_honest_one_still_counts(capsys):
    guess(Q, "?", value=55)
    reveal(Q, 81)
    guess(Q, "?", value=55)
    assert not kept()["late"], "the same guess, run again, stays honest"
    guess(Q, "?", value=81)
    assert kept()["late"] and kept()["counted"] == 55
    reveal(Q, 81)
    assert "does not count" in capsys.readouterr().out


def test_first_guess_after_the_reveal_never_counts():
    reveal(Q, 81)
    guess(Q, "?", value=81)
    assert kept()["late"] and kept()["counted"] is None


def test_reveal_without_a_guess_is_kind(capsys):
    reveal(Q, 81, (78, 84))
    assert "You had not committed a guess" in capsys.readouterr().out


def test_out_of_range_is_refused_and_nothing_is_kept():
    with pytest.raises(ValueError, match="between 0 and 100 %, not at 120"):
        guess(Q, "?", value=120)
    assert progress.load("guesses") == {}


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"guesses": 3}', b"\xff\xfe\x00", b""])
def test_a_damaged_file_is_set_aside_and_the_lesson_goes_on(damage, capsys):
    progress.path().write_bytes(damage)
    guess(Q, "?", value=55)
    assert kept()["value"] == 55
    assert "could not be read" in capsys.readouterr().out
    assert progress.path().with_suffix(".damaged.json").read_bytes() == damage


def test_a_crash_while_writing_keeps_the_old_file(monkeypatch):
    guess(Q, "?", value=55)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space"):
        guess(Q, "?", value=60)
    assert kept()["value"] == 55
    assert [p.name for p in progress.path().parent.iterdir()] == ["progress.json"], "nothing half-written is left"


def test_score():
    assert score(80, 81, (78, 84)).inside and score(80, 81, (78, 84)).distance == 1
    assert not score(70, 81, (78, 84)).inside
    assert score(81.5, 81).inside and not score(83, 81).inside


def test_slider_and_button_commit(monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    import IPython.display

    from chapter9_lib.classroom import guesses

    shown = []
    monkeypatch.setattr(guesses, "front_end", lambda: True)
    monkeypatch.setattr(IPython.display, "display", shown.append)
    guess(Q, "How good?")
    row = shown[0].children[1]
    slider, button = row.children
    assert isinstance(slider, widgets.FloatSlider)
    assert progress.load("guesses") == {}, "moving is not committing"
    slider.value = 63
    button.click()
    assert kept()["value"] == 63 and "Committed: 63 %" in shown[0].children[2].value


def test_a_question_that_nobody_answered_keeps_its_unit(capsys, monkeypatch):
    monkeypatch.setattr("chapter9_lib.classroom.guesses.front_end", lambda: True)
    monkeypatch.setattr("chapter9_lib.classroom.guesses._ask", lambda question, asked: None)
    guess("n02.seven", "How far from base?", low=-30, high=10, unit="points")
    reveal("n02.seven", -4.6, (-6.5, -2.6))
    assert "Measured: −4.6 points" in capsys.readouterr().out


def test_all_guesses_stand_on_one_board():
    guess(Q, "How good is scratch?", value=55)
    reveal(Q, 81, (78, 84))
    guess(Q, "How good is scratch?", value=81)  # too late: the first one counts
    guess("n02.other", "And this?", low=-10, high=10, unit="points")
    reveal("n02.other", 30.0)
    guess("n03.open", "Not revealed yet?", value=3)
    first, second = scored()
    assert (first["guess"], first["truth"], first["interval"], first["honest"]) == (55, 81, [78, 84], True)
    assert (second["guess"], second["unit"], second["honest"]) == (0, "points", False)
    fig = guess_board([first, second])
    diagonal, whisker, one, other = fig.axes[0].lines
    assert one.get_xdata()[0] == pytest.approx(0.81) and one.get_ydata()[0] == pytest.approx(0.55)
    assert list(whisker.get_xdata()) == pytest.approx([0.78, 0.84]) and list(diagonal.get_xdata()) == [0, 1]
    assert other.get_xdata()[0] == 1.0 and other.get_markerfacecolor() == "none" != one.get_markerfacecolor()


def test_a_tally_counts_what_was_guessed_in_time_and_holds_it_against_the_middle():
    row = {"low": 0, "high": 100, "interval": None, "honest": True}
    rows = [row | {"guess": 80, "truth": 60}, row | {"guess": 55, "truth": 81, "interval": (50, 90)},
            row | {"guess": 0, "truth": 100, "honest": False}]  # fmt: skip
    said = tally(rows)
    assert "in time: 2. Inside the interval: 1. Too high: 1, too low: 1." in said
    assert "Off by 23%" in said and "been off by 20%" in said
    assert "Commit one" in tally([]) and "Commit one" in tally(rows[2:])
