"""Which photos the experiments on real photos draw, and how they train on them."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained
from chapter9_lib.models.freezing import is_held
from chapter9_lib.pipeline import Settings
from chapter9_lib.pipeline.borrowing import draw_deep_stages_afresh
from chapter9_lib.training import Phase
from chapter9_lib.worlds import Photos, folds, open_world
from data_scripts.experiments.field import fold_of, spread_orders
from data_scripts.experiments.field_fit import fitted_on
from data_scripts.experiments.field_tasks import TASKS
from data_scripts.experiments.field_way import as_fit, deep_afresh, from_scratch, norms_alive, with_adapters


def test_each_class_begins_with_a_photo_of_every_burst(tmp_path):
    labels, bursts = [0] * 6 + [1] * 4, ["a", "a", "a", "b", "b", "c", "d", "d", "e", "e"]
    paths = [tmp_path / f"{number}.png" for number in range(len(labels))]
    for path in paths:
        Image.new("RGB", (4, 4)).save(path)
    photos = Photos(paths, labels, ["deer", "owl"], manifest=[{"group": burst} for burst in bursts])
    orders = spread_orders(photos, seed=1)
    assert [sorted(order.tolist()) for order in orders] == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]]
    assert [{bursts[at] for at in order[:count]} for order, count in zip(orders, (3, 2), strict=True)] == [
        {"a", "b", "c"}, {"d", "e"},
    ]  # fmt: skip
    assert all(np.array_equal(one, other) for one, other in zip(orders, spread_orders(photos, 1), strict=True))


def test_what_chooses_a_rate_is_of_no_burst_that_is_learned_from_or_scored_in_its_fold(field_folder):
    for task in TASKS.values():
        (train, held), test = task.to_choose_by(200), fold_of(0, task.collection, task.folds)[1]
        groups = [{row["group"] or row["path"] for row in photos.manifest} for photos in (train, held, test)]
        assert len(train) == 200 and all(groups)
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])


class Unborrowed:
    """A task whose network needs no weights from outside."""

    pictures = True

    def borrowed(self, pretrained=True):
        return load_pretrained("mobilenetv2_100", pretrained=False, num_classes=3)


def test_the_ways_differ_in_what_they_say_they_differ_in():
    torch.manual_seed(0)
    full, adapters, alive, afresh, scratch = (
        make(Unborrowed(), 12)
        for make in (as_fit("full"), with_adapters(3e-3), norms_alive(1e-3), deep_afresh(1e-3), from_scratch(1e-3))
    )
    held = [all(is_held(part) for part in way.model.modules() if isinstance(part, nn.BatchNorm2d))
            for way in (full, adapters, alive, afresh, scratch)]  # fmt: skip
    assert held == [True, True, False, False, False]
    assert [sum(phase.epochs for phase in way.phases) for way in (full, alive, afresh, scratch)] == [12, 12, 12, 36]
    assert adapters.phases == full.phases[:1] and adapters.adapters == Phase(None, full.phases[1].epochs, 3e-3)


class Known(Unborrowed):
    """Remembers the weights that it lent."""

    def borrowed(self, pretrained=True):
        model = super().borrowed()
        self.before = copy.deepcopy(model.state_dict())
        return model


def drawn_by_fit(model):
    assert draw_deep_stages_afresh(model, Settings()) == "blocks.5"
    return model


@pytest.mark.parametrize(
    "afresh",
    [
        lambda task: deep_afresh(1e-3)(task, 3).model,
        lambda task: drawn_by_fit(freeze_batchnorm(task.borrowed())),
    ],
    ids=["of the record", "of fit"],
)
def test_drawn_anew_are_the_deep_stages_alone(afresh):
    task = Known()
    model = afresh(task)
    now = model.state_dict()
    changed = {name for name, weights in task.before.items() if not torch.equal(weights, now[name])}
    assert not any(map(is_held, model.modules()))
    assert {name.partition(".")[0] for name in changed} == {"blocks", "conv_head"}
    assert {name.split(".")[1] for name in changed if name.startswith("blocks")} == {"5", "6"}


def test_fit_is_given_the_fold_s_photos_and_keeps_its_test():
    train, test = folds(open_world("lab").photos("train").sample(90, seed=0), k=3, seed=0)[1]
    settings = Settings(network="bundled/lab-resnet", strategy="head", head_epochs=1, device="cpu")
    found = fitted_on(train, test, settings)
    assert {path.name for path in found.split.test.paths} == {path.name for path in test.paths}
    learned = found.split.train + found.split.val
    assert sorted(learned.paths) == sorted(train.paths)
    assert not set(found.split.train.groups) & set(found.split.val.groups)
