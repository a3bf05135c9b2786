"""The logbook's lines follow from the records."""

from chapter9_lib.classroom import logbook


def rows(value):
    return [{"keys": {"method": method, "photos": 800, "split": split}, "values": [value, value + 2]}
            for method in ("scratch", "borrowed") for split in ("test", "night")]  # fmt: skip


def test_it_shows_what_was_measured_up_to_a_notebook_and_nothing_else(bundle, capsys):
    bundle("learning-curve", rows(40))
    bundle("backbones", [{"keys": {"backbone": "lab-teacher", "photos": 800, "split": split}, "values": [70, 80]}
                         for split in ("test", "night")])  # fmt: skip
    logbook("01")
    told = capsys.readouterr().out
    assert "from scratch" in told and "by day  41 %, by night  41 %" in told and "larger backbone" not in told
    logbook("09")
    told = capsys.readouterr().out
    assert "larger backbone" in told and "75 %" in told, "the record of 04 is not there, so its line is not"
    assert "LP-FT" not in told


def test_every_line_has_its_numbers_in_the_bundled_records(capsys):
    logbook("13")
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 10 and [line[:2] for line in told[1:]] == sorted(line[:2] for line in told[1:])
