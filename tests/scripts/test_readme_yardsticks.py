"""The README shows what the record says."""

import pytest

from chapter9_lib.classroom import record
from data_scripts.readme_yardsticks import README, replaced


def test_the_readme_s_yardsticks_are_those_of_the_record():
    text = README.read_text(encoding="utf-8")
    assert replaced(text, record("yardsticks")) == text, "python -m data_scripts.readme_yardsticks"


def test_a_readme_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="once each"):
        replaced("no marks", record("yardsticks"))
