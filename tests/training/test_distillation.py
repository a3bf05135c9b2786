"""A student that listens: to the same views, to photos without labels, and to a teacher who is left as he was."""

import copy

import pytest
import torch
from torch import nn

from chapter9_lib.models import Preprocessing, eight_layers, lab_resnet
from chapter9_lib.training import ask, distill, evaluate, fine_tune

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


@pytest.mark.parametrize("views", [None, 0, 2])
def test_a_student_learns_and_the_teacher_is_left_as_he_was(teacher, toy_photos, views):
    before, own = copy.deepcopy(teacher.state_dict()), student()
    teacher.train()
    state = torch.get_rng_state()
    history = distill(teacher, own, toy_photos(36), toy_photos(30, seed=3), epochs=5, views=views, **OPTIONS)
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


@pytest.mark.parametrize(("views", "agree"), [(None, True), (3, True), (0, False)])
def test_a_student_who_is_the_teacher_has_nothing_to_learn_where_both_see_the_same(toy_photos, views, agree):
    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 32, 3))
    teacher.preprocessing = Preprocessing((24, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
    options = OPTIONS | {"lr": 1e-9, "epochs": 1, "soft_weight": 1.0, "temperature": 1.0, "views": views}
    loss = distill(teacher, copy.deepcopy(teacher), toy_photos(24), **options).loss[0]
    assert (loss < 1e-5) == agree and loss > -1e-6


def test_answers_asked_for_once_teach_as_the_teacher_would(teacher, toy_photos):
    photos, more = toy_photos(24), toy_photos(12, seed=4)
    answers = ask(teacher, photos, more, views=2)
    assert answers.logits.shape == (2, 36, 3) and answers.classes == teacher.classes
    one, other = student(), student()
    distill(teacher, one, photos, unlabelled=more, views=2, epochs=2, **OPTIONS)
    distill(answers, other, photos, unlabelled=more, epochs=2, **OPTIONS)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    with pytest.raises(ValueError, match="36 were asked about, 24 came"):
        distill(answers, student(), photos)
    with pytest.raises(ValueError, match="about other photos, or in another order"):
        distill(answers, student(), toy_photos(24, seed=9), unlabelled=more)
    with pytest.raises(ValueError, match="not about 3"):
        distill(answers, student(), photos, unlabelled=more, views=3)
    with pytest.raises(ValueError, match="as they are"):
        distill(answers, student(), photos, unlabelled=more, augment=False)
    with pytest.raises(ValueError, match="views=-1"):
        ask(teacher, photos, views=-1)


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
    with pytest.raises(ValueError, match="The student is the teacher"):
        distill(teacher, teacher, toy_photos(12))
    with pytest.raises(ValueError, match="epochs=0"):
        distill(teacher, student(), toy_photos(12), epochs=0)
    for wrong, said in (({"epochs": 1.5}, "epochs=1.5: a whole"), ({"lr": "1e-3"}, "lr='1e-3': a number is wanted")):
        with pytest.raises(TypeError, match=said):
            distill(teacher, student(), toy_photos(12), **wrong)
    with pytest.raises(ValueError, match="augment='flip': True or False is wanted"):
        distill(teacher, student(), toy_photos(12), augment="flip")
    with pytest.raises(ValueError, match="views=2, augment=False"):
        distill(teacher, student(), toy_photos(12), views=2, augment=False)
    with pytest.raises(TypeError, match="unlabelled photos"):
        distill(teacher, student(), toy_photos(12), unlabelled="folder")
