"""Hinton's loss: its ends, its gradient, and the peers' own code (P12, P13)."""

import pytest
import torch
from torch.nn import functional as F

from chapter9_lib.training import distillation_loss


def scores(seed=0, count=16, classes=7, spread=2.0):
    generator = torch.Generator().manual_seed(seed)
    student, teacher = (spread * torch.randn(count, classes, generator=generator, dtype=torch.float64) for _ in "st")
    return student.requires_grad_(), teacher, torch.randint(classes, (count,), generator=generator)


def test_the_two_ends():
    student, teacher, labels = scores()
    assert distillation_loss(student, teacher, labels, soft_weight=0) == F.cross_entropy(student, labels)
    t = 3.0
    p, q = (teacher / t).softmax(1), (student / t).softmax(1)
    by_hand = t**2 * (p * (p.log() - q.log())).sum(1).mean()
    assert torch.isclose(distillation_loss(student, teacher, labels, temperature=t, soft_weight=1), by_hand)
    assert torch.isclose(distillation_loss(student, teacher, temperature=t, soft_weight=1), by_hand)
    half = distillation_loss(student, teacher, labels, temperature=t, soft_weight=0.5)
    assert torch.isclose(half, 0.5 * by_hand + 0.5 * F.cross_entropy(student, labels))


def test_a_student_that_agrees_has_nothing_to_learn_and_the_teacher_gets_no_gradient():
    student, teacher, _ = scores()
    assert float(distillation_loss(teacher.clone(), teacher, soft_weight=1)) == pytest.approx(0, abs=1e-12)
    teacher.requires_grad_()
    distillation_loss(student, teacher, soft_weight=1).backward()
    assert teacher.grad is None and student.grad.abs().sum() > 0


def test_the_gradient_does_not_shrink_with_the_temperature():
    sizes = []
    for temperature in (1, 2, 4, 8, 20):
        student, teacher, _ = scores(spread=0.5, count=256, classes=10)
        distillation_loss(student, teacher, temperature=temperature, soft_weight=1).backward()
        sizes.append(float(student.grad.norm()))
    assert max(sizes) / min(sizes) < 1.05


def test_the_mean_is_over_photos_not_over_classes():
    student, teacher, _ = scores()
    once = distillation_loss(student, teacher, soft_weight=1)
    twice = distillation_loss(torch.cat([student, student]), torch.cat([teacher, teacher]), soft_weight=1)
    assert torch.isclose(once, twice)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("soft_weight", [0.3, 0.7])
def test_the_loss_is_that_of_torchdistill(temperature, soft_weight):
    theirs = pytest.importorskip("torchdistill.losses.mid_level").KDLoss(
        ".", "output", ".", "output", temperature=temperature, alpha=1 - soft_weight)  # fmt: skip
    student, teacher, labels = scores()
    wanted = theirs({".": {"output": student}}, {".": {"output": teacher}}, labels)
    ours = distillation_loss(student, teacher, labels, temperature=temperature, soft_weight=soft_weight)
    assert float(ours.detach()) == pytest.approx(float(wanted.detach()), abs=1e-6)


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"soft_weight": 1.5}, {"labels": None}])
def test_what_makes_no_sense_is_refused(options):
    student, teacher, labels = scores()
    with pytest.raises(ValueError):
        distillation_loss(student, teacher, **{"labels": labels, **options})
    with pytest.raises(ValueError, match="of both"):
        distillation_loss(student, teacher[:, :3], labels)


def test_photos_without_labels_alone_give_a_loss_of_zero_that_has_a_gradient():
    student = torch.randn(3, 4, requires_grad=True)
    loss = distillation_loss(student, torch.randn(3, 4), torch.full((3,), -1), soft_weight=0.0)
    loss.backward()
    assert loss.item() == 0 and torch.equal(student.grad, torch.zeros(3, 4))
