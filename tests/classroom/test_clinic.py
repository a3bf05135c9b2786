"""The ten patients have what they are said to have, and nothing else that the doctor would have to be asked about."""

import re
from pathlib import Path

import pytest

from chapter9_lib.classroom.clinic import HEALTHY, PATIENTS, patient
from chapter9_lib.classroom.faults import FAULTS
from chapter9_lib.studies import doctor
from chapter9_lib.studies.doctor.catalogue import AILMENTS


@pytest.mark.parametrize("number", range(1, len(PATIENTS) + 1))
def test_a_patient_has_what_it_has(number):
    report = patient(number).examine()
    if PATIENTS[number - 1] == HEALTHY:
        assert report.healthy and not report.findings, report
    else:
        assert PATIENTS[number - 1] in report.codes


def test_there_is_no_eleventh():
    with pytest.raises(ValueError, match="there are 10"):
        patient(11)


def test_every_finding_is_in_the_catalogue_and_the_other_way_round():
    sources = "\n".join(path.read_text() for path in Path(doctor.__file__).parent.glob("*_checks.py"))
    named = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+|overfitting|imbalanced|unlabelled)"', sources))
    assert named - {"0-255"} == set(AILMENTS)
    assert set(FAULTS) < set(AILMENTS)
