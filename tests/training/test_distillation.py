"""A student that listens: to the same views, to photos without labels, and to a teacher who is left as he was."""

import copy

import pytest
import torch

from chapter9_lib.models import Preprocessing, eight_layers, lab_resnet
from chapter9_lib.training import distill, evaluate, fine_tune

OPTIONS = {"batch_size": 12, "lr": 3e-3, "progress": False}


@pytest.fixture
def teacher(toy_photos):
    torch.manual_seed(0)
    model = lab_resnet(3)
    model.preprocessing = Preprocessing((40, 40), (0.5,) * 3, (0.25,) * 3, crop=False)
    fine_tune(model, toy_photos(60), epochs=6, lr=3e-3, batch_size=12, augment=False, progress=False)
    return model


def student():
    torch.manual_seed(1)
    return eight_layers(3)


@pytest.mark.parametrize("same_view", [True, False])
def test_a_student_learns_and_the_teacher_is_left_as_he_was(teacher, toy_photos, same_view):
    before, own = copy.deepcopy(teacher.state_dict()), student()
    teacher.train()
    state = torch.get_rng_state()
    history = distill(teacher, own, toy_photos(36), toy_photos(30, seed=3), epochs=5, same_view=same_view, **OPTIONS)
    assert history.loss[-1] < history.loss[0] and len(history.val_accuracy) == 5 and not own.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())
    assert teacher.training and torch.equal(torch.get_rng_state(), state)
    assert own.classes == teacher.classes


def test_from_photos_without_labels_alone_it_learns_what_the_teacher_says(teacher, toy_photos):
    own, few = student(), toy_photos(3)
    before = evaluate(own, toy_photos(60, seed=5)).accuracy
    distill(teacher, own, few, unlabelled=toy_photos(90, seed=4), soft_weight=1.0, epochs=8, **OPTIONS)
    assert evaluate(teacher, toy_photos(60, seed=5)).accuracy > 0.9
    assert evaluate(own, toy_photos(60, seed=5)).accuracy > max(0.7, before)


def test_both_see_the_same_view(teacher, toy_photos, monkeypatch):
    from chapter9_lib.training import data

    drawn, augmented = [], data.augment_batch

    def watch(images, generator, **options):
        drawn.append((images.shape[-2:], generator.get_state()))
        return augmented(images, generator, **options)

    monkeypatch.setattr(data, "augment_batch", watch)
    distill(teacher, student(), toy_photos(24), epochs=1, **OPTIONS)
    pairs = list(zip(drawn[::2], drawn[1::2], strict=True))
    assert pairs and all(torch.equal(one[1], other[1]) and one[0] != other[0] for one, other in pairs)


def test_without_the_soft_part_it_is_plain_training(teacher, toy_photos):
    one, other = student(), student()
    distill(teacher, one, toy_photos(24), soft_weight=0.0, epochs=2, augment=False, **OPTIONS)
    fine_tune(other, toy_photos(24), epochs=2, augment=False, cache=False, **OPTIONS)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_labels_go_by_the_teachers_names(teacher, toy_photos):
    photos = toy_photos(24)
    turned = toy_photos(24)
    turned.classes = turned.classes[::-1]
    turned.labels = 2 - turned.labels
    one, other = student(), student()
    distill(teacher, one, photos, epochs=1, **OPTIONS)
    distill(teacher, other, turned, epochs=1, **OPTIONS)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_what_does_not_fit_is_refused(teacher, toy_photos):
    with pytest.raises(ValueError, match="replace_head"):
        distill(teacher, eight_layers(4), toy_photos(12))
    with pytest.raises(ValueError, match="epochs=0"):
        distill(teacher, student(), toy_photos(12), epochs=0)
    with pytest.raises(TypeError, match="unlabelled photos"):
        distill(teacher, student(), toy_photos(12), unlabelled="folder")
