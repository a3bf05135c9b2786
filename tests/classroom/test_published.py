"""The paper's numbers: recomputed from its logs, they agree with the gains of AnB+ that it prints in table 1."""

import pytest

from chapter9_lib.classroom.published import YOSINSKI, yosinski_gaps


@pytest.mark.parametrize(("first", "gain"), [(1, 1.6), (3, 1.8), (5, 2.1)])
def test_the_gains_are_those_of_the_papers_table(first, gain):
    gains = [row["mean"] for row in yosinski_gaps() if row["arm"] == "AnB+" and row["layers"] >= first]
    assert sum(gains) / len(gains) == pytest.approx(gain, abs=0.1)


def test_each_arm_has_seven_cells():
    assert {len(values) for values in YOSINSKI.values()} == {7}
    assert len(yosinski_gaps()) == 28 and {row["layers"] for row in yosinski_gaps()} == set(range(1, 8))
