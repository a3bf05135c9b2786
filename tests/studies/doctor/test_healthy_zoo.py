"""Sound set-ups of the kinds that people have, none of which may be accused, and some faults in their usual guises."""

import random

import numpy as np
import pytest
import timm.optim
import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, Subset, SubsetRandomSampler

from chapter9_lib import examine
from chapter9_lib.classroom.faults import Folder
from chapter9_lib.models import Preprocessing, freeze, lab_resnet, load_pretrained, preprocessing
from chapter9_lib.training import History


class Own(Dataset):
    """The commonest of all: tensors and numbers, and not a word more."""

    def __init__(self, count=60, classes=5, size=(40, 40), label=int, item=None):
        generator = torch.Generator().manual_seed(0)
        self.images, self.kinds = torch.randn(count, 3, *size, generator=generator), classes
        self.label, self.item = label, item

    def __len__(self):
        return len(self.images)

    def __getitem__(self, at):
        pair = self.images[at], self.label(at * self.kinds // len(self.images))
        return self.item(*pair) if self.item else pair


class Small(nn.Module):
    """A backbone with a norm, and a head."""

    def __init__(self, outputs=5):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2),
                                      nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())  # fmt: skip
        self.fc = nn.Linear(16, outputs)

    def forward(self, images):
        return self.fc(self.backbone(images))


def small(outputs=5):
    torch.manual_seed(0)
    model = Small(outputs)
    model.preprocessing = Preprocessing((40, 40), (0.5,) * 3, (0.25,) * 3)
    return model


def adamw(model, lr=1e-4):
    return torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=lr)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(Own())


def hot(label):
    return torch.eye(5)[label]


def mixed(items):
    images, labels = torch.stack([i for i, _ in items]), torch.tensor([label for _, label in items])
    return 0.5 * images + 0.5 * images.flip(0), (labels, labels.flip(0), 0.5)


SETS = {
    "tensors": Own,
    "a loader": lambda: DataLoader(Own(), batch_size=8, shuffle=True),
    "a hundred classes": lambda: DataLoader(Own(300, 100), batch_size=8, shuffle=True),
    "dictionaries": lambda: DataLoader(Own(item=lambda x, y: {"pixel_values": x, "labels": y}), batch_size=8),
    "a stream": lambda: DataLoader(Stream(), batch_size=8),
    "hot labels": lambda: Own(label=hot),
    "several labels": lambda: Own(label=lambda y: torch.tensor([1.0, 1.0, 0.0, 0.0, 1.0])),
    "mixed labels": lambda: DataLoader(Own(), batch_size=8, collate_fn=mixed),
    "arrays": lambda: Own(item=lambda x, y: (x.numpy(), y)),
    "a concatenation": lambda: torch.utils.data.ConcatDataset([Own(), Own()]),
}


@pytest.mark.parametrize("name", SETS)
def test_any_kind_of_set_is_looked_at_and_not_accused(name):
    model = small(100 if "hundred" in name else 5)
    report = examine(model, SETS[name](), optimizer=adamw(model))
    assert report.healthy, report
    assert not any("failed" in why for why in report.not_looked.values()), report


class Sorted(IterableDataset):
    """A hundred classes, one after the other, of which the beginning shows a few."""

    def __iter__(self):
        return iter(Own(1000, 100, size=(8, 8)))


def test_the_beginning_of_a_stream_says_little_of_how_many_classes_there_are():
    assert "head-not-replaced" not in examine(small(100), DataLoader(Sorted(), batch_size=8)).codes
    assert "head-not-replaced" in examine(small(100), Own(60, 5)).codes


def test_a_split_by_samplers_is_no_leakage(sides):
    model = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    folder = Folder(sides[0] + sides[1], preprocessing(model).transform())
    parts = SubsetRandomSampler(range(60)), SubsetRandomSampler(range(60, 90))
    loaders = [DataLoader(folder, batch_size=8, sampler=part) for part in parts]
    report = examine(freeze(model), *loaders)
    assert report.healthy, report


def test_part_of_the_classes_and_targets_changed_on_the_way(sides):
    model = load_pretrained("lab-resnet", source="bundled", num_classes=2)
    folder = Folder(sides[0], preprocessing(model).transform())
    two = Subset(folder, np.flatnonzero(np.array(folder.targets) < 2).tolist())
    assert examine(freeze(model), two).healthy

    class Lynx(Folder):
        def __getitem__(self, at):
            return super().__getitem__(at)[0], int(self.targets[at] == 2)

    report = examine(freeze(model), Lynx(sides[0], preprocessing(model).transform()))
    assert report.healthy, report


def test_a_validation_set_without_the_last_class(sides):
    model = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    folders = [Folder(photos, preprocessing(model).transform()) for photos in sides]
    folders[1].classes = folders[1].classes[:4]
    folders[1] = Subset(folders[1], np.flatnonzero(np.array(folders[1].targets) < 4).tolist())
    assert examine(freeze(model), *folders).healthy


@pytest.mark.parametrize("outputs", [1, 2])
def test_one_number_is_an_answer_too(outputs):
    report = examine(small(outputs), Own(classes=2))
    assert report.healthy, report


def test_from_scratch_it_may_go_as_far_as_it_likes():
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    assert examine(model, Own(), optimizer=optimizer, borrowed=False).healthy


def test_a_closure_is_no_fault_of_the_network():
    model = small()
    report = examine(model, Own(), optimizer=torch.optim.LBFGS(model.parameters()))
    assert report.healthy and "LBFGS" in report.not_looked["how far a step goes"]


def test_a_loss_that_learns_and_two_optimizers():
    model, weights = small(), nn.Linear(5, 2)
    both = [torch.optim.AdamW(model.backbone.parameters(), lr=1e-4),
            torch.optim.AdamW([*model.fc.parameters(), *weights.parameters()], lr=1e-4)]  # fmt: skip
    report = examine(model, Own(), optimizer=both)
    assert report.healthy and report.codes == ["optimizer-holds-others"], report


def test_norms_put_to_sleep_by_hand_are_a_note():
    model = small()
    model.backbone.requires_grad_(False)
    model.train()
    model.backbone.eval()
    report = examine(model, Own(), optimizer=adamw(model))
    assert report.healthy and report.codes == ["norms-held-by-hand"]


def test_gradients_left_over_from_training_are_dropped_by_the_loop():
    model = small()
    model(Own().images[:8]).square().mean().backward()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    freeze(model)
    model(Own().images[:8]).square().mean().backward()
    for parameter in model.backbone.parameters():
        parameter.grad = torch.ones_like(parameter)
    assert "frozen-would-move" not in examine(model, Own(), optimizer=optimizer).codes


class Softmax(Small):
    def forward(self, images):
        scores = super().forward(images)
        return scores if self.training else scores.softmax(1)


def test_probabilities_in_evaluation_alone_are_no_second_softmax():
    assert "softmax-before-loss" not in examine(Softmax(), Own()).codes


@pytest.mark.parametrize("name", ["deit_tiny_distilled_patch16_224", "inception_v3", "googlenet"])
def test_heads_beside_the_head(name):
    if name.startswith("deit"):
        model = timm.create_model(name, num_classes=5)
        model.set_distilled_training(True)
        size = (224, 224)
    else:
        model = getattr(torchvision.models, name)(num_classes=5, init_weights=False)
        size = (299, 299) if name == "inception_v3" else (224, 224)
    report = examine(model, Own(8, size=size), optimizer=adamw(model, 1e-5))
    assert not [finding for finding in report.findings if finding.severity == "error"], report


def test_half_precision_parallel_and_compiled_networks():
    assert examine(small().to(torch.bfloat16), Own()).healthy
    assert examine(nn.DataParallel(small()), Own()).healthy


def test_a_larger_size_than_the_checkpoint_s_is_a_note():
    report = examine(small(), Own(size=(60, 60)))
    assert report.healthy and report.codes == ["wrong-size"]


def test_patience_has_put_the_best_weights_back_and_converged_models_learn_little():
    curves = {"loss": [1.0, 0.5, 0.3, 0.2, 0.1, 0.05], "accuracy": [0.6, 0.8, 0.9, 0.95, 1.0, 1.0], "phase": [0] * 6,
              "val_loss": [1.0, 0.8, 0.9, 1.1, 1.2, 1.3], "val_accuracy": [0.6, 0.7, 0.7, 0.7, 0.7, 0.7]}  # fmt: skip
    assert "overfitting" in examine(small(), history=History(**curves)).codes
    assert examine(small(), history=History(**curves, best_epoch=1)).healthy
    assert examine(small(), history=History(loss=[0.02] * 6, accuracy=[0.99] * 6, phase=[0] * 6)).healthy


def test_a_phase_whose_end_was_undone_has_forgotten_nothing():
    seen = [0.7, 0.8, 0.88, 0.7, 0.7]
    curves = {"loss": [1, 0.8, 0.5, 0.4, 0.3], "accuracy": [0.7, 0.8, 0.9, 0.9, 0.9], "val_accuracy": seen,
              "val_loss": [0.9, 0.7, 0.5, 0.8, 0.9]}  # fmt: skip
    fell = {"phase": [0, 0, 1, 1, 1], **curves}
    assert examine(small(), history=History(**fell)).codes == ["forgot-when-thawed"]
    assert examine(small(), history=History(**fell, best_epoch=2)).healthy
    assert examine(small(), history=History(**fell, best_epoch=1)).healthy, "all of the phase was undone"
    assert examine(small(), history=History(**fell, best_epoch=4)).codes == ["forgot-when-thawed"]
    later = {name: [*values, values[2]] for name, values in curves.items()} | {"phase": [0, 0, 1, 1, 1, 2]}
    assert examine(small(), history=History(**later, best_epoch=5)).healthy


# The usual guises of some faults.


def test_a_new_head_under_the_name_of_resnets():
    """The fault of every tutorial that goes from ResNet to MobileNet."""
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v3_small()
    model.fc = nn.Linear(1024, 5)
    assert "head-unused" in examine(model, Own(size=(64, 64))).codes


def test_a_rate_that_a_warm_up_still_hides():
    model = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-3, total_iters=10)
    assert optimizer.param_groups[0]["lr"] < 1e-4
    assert "rate-too-high" in examine(model, Own(size=(72, 96)), optimizer=optimizer).codes


def test_a_state_dict_that_lives_on_is_no_record_of_the_past():
    model = small()
    assert "own state dict" in examine(model, borrowed=model.state_dict()).not_looked[
        "drift of norm statistics from the checkpoint"]  # fmt: skip


def test_one_rate_more_is_mended_where_nobody_has_to_know_of_it():
    model = small()
    optimizer = torch.optim.AdamW(model.backbone.parameters(), lr=3e-4)
    report = examine(model, Own(), optimizer=optimizer, fix=True)
    assert report.fixed and optimizer.param_groups[-1]["lr"] == 3e-4
    again = torch.optim.AdamW(model.backbone.parameters(), lr=3e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(again, 1e-3, total_steps=10)
    assert not examine(model, Own(), optimizer=again, scheduler=scheduler, fix=True).fixed
    assert len(again.param_groups) == 1


@pytest.mark.parametrize("name", ["lamb", "adan", "lookahead_adam"])
def test_optimizers_that_count_in_their_groups_are_left_as_they_were(name):
    model = lab_resnet(5)
    optimizer = timm.optim.create_optimizer_v2(model, opt=name, lr=1e-4)
    before = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    examine(model, Own(12, size=(72, 96)), optimizer=optimizer)
    assert [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups] == before
    assert not optimizer.state


def test_the_order_of_the_next_epoch_is_what_it_would_have_been():
    class Noisy(Own):
        def __getitem__(self, at):
            random.random(), np.random.rand()
            return super().__getitem__(at)

    data = Noisy()
    generator = torch.Generator().manual_seed(3)
    loader = DataLoader(data, batch_size=8, sampler=RandomSampler(data, generator=generator), generator=generator)
    before = generator.get_state(), random.getstate(), str(np.random.get_state())
    examine(small(), loader)
    assert torch.equal(generator.get_state(), before[0])
    assert random.getstate() == before[1] and str(np.random.get_state()) == before[2]
