"""What an answer costs: every network in turn, one photo at a time, and nothing left changed."""

import pytest
import torch
from torch import nn

from chapter9_lib.models import Preprocessing, lab_resnet, lab_student, lab_teacher
from chapter9_lib.studies import costs


class Counting(nn.Module):
    def __init__(self, log, name):
        super().__init__()
        self.layer, self.log, self.name = nn.Linear(4, 2), log, name
        self.preprocessing = Preprocessing((2, 2), (0.5,) * 3, (0.5,) * 3, crop=False)

    def forward(self, photo):
        self.log.append((self.name, tuple(photo.shape), self.training, torch.get_num_threads()))
        return self.layer(photo[:, 0].flatten(1))


def test_they_take_turns_with_one_photo_each_and_are_left_as_they_were():
    log, threads = [], torch.get_num_threads()
    models = {name: Counting(log, name).train() for name in "ab"}
    found = costs(models, repeats=13)
    assert "".join(name for name, *_ in log) == 5 * "a" + 5 * "b" + 11 * "a" + 11 * "b" + 4 * "a" + 4 * "b"
    assert {entry[1:] for entry in log} == {((1, 3, 2, 2), False, 1)}
    assert torch.get_num_threads() == threads and all(model.training for model in models.values())
    for cost in found.values():
        assert len(cost.milliseconds) == 13 and 0 < cost.median <= cost.p90
        assert cost.parameters == 10 and cost.megabytes == pytest.approx(40e-6)
        assert "ms a photo" in str(cost)


def test_threads_come_back_after_an_error():
    threads, broken = torch.get_num_threads(), Counting([], "c")
    broken.layer = nn.Linear(3, 2)
    with pytest.raises(RuntimeError):
        costs({"broken": broken}, threads=threads + 1)
    assert torch.get_num_threads() == threads


def test_nothing_to_measure_is_refused():
    with pytest.raises(ValueError, match="0 models"):
        costs({})
    for some in (lab_student(2), [lab_student(2)]):
        with pytest.raises(TypeError, match=r'costs\(\{"mine": model\}\)'):
            costs(some)


def test_the_student_is_small_enough_for_a_camera():
    student, backbone, teacher = (make(5) for make in (lab_student, lab_resnet, lab_teacher))
    sizes = [sum(p.numel() for p in model.parameters()) for model in (student, backbone, teacher)]
    assert sizes[0] < 5e5 < sizes[1] < sizes[2]
    assert student.eval()(torch.zeros(2, 3, 72, 96)).shape == (2, 5)
    assert student.card["num_classes"] == 5 and student.preprocessing.size == (72, 96)
