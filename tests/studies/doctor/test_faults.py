"""Every fault is found by its name; the healthy are left in peace, and left as they were."""

import copy
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from chapter9_lib.classroom.faults import FAULTS, SetUp, adapted, taught
from chapter9_lib.models import merge_lora, unmerge_lora
from chapter9_lib.training import distillation_loss

MENDED = ("live-batchnorm", "drifted-statistics", "optimizer-lacks-parameters", "frozen-would-move", "lr-scale-ignored")


def everything(case):
    """All that `examine` might have touched, for comparing bit by bit."""
    model, optimizer = case.model, case.optimizer
    return {
        "weights": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "gradients": {n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()},
        "trained": {name: p.requires_grad for name, p in model.named_parameters()},
        "modes": [module.training for module in model.modules()],
        "hooks": [len(module._forward_pre_hooks) for module in model.modules()],
        "optimizer": copy.deepcopy(optimizer.state_dict()) if optimizer else None,
        "groups": [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
        if optimizer else None,
        "random": [torch.get_rng_state().clone(), str(random.getstate()), str(np.random.get_state())],
    }  # fmt: skip


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one.nan_to_num() if one.is_floating_point() else one, other.nan_to_num() if
                           other.is_floating_point() else other)  # fmt: skip
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_by_its_name_and_nothing_is_changed(code, set_up):
    torch.manual_seed(0)
    case = FAULTS[code](set_up())
    before = everything(case)
    report = case.examine()
    assert code in report.codes and not report.healthy, report
    assert same(everything(case), before)
    found = next(finding for finding in report.findings if finding.code == code)
    assert found.where and found.evidence and found.remedy and not report.fixed


@pytest.mark.parametrize("options", [{}, {"until": "stem"}, {"loader": True}], ids=["frozen", "thawed", "loader"])
def test_the_healthy_are_left_in_peace(options, set_up):
    case = set_up(**options)
    before = everything(case)
    report = case.examine()
    assert report.healthy and not report.findings, report
    assert same(everything(case), before)
    assert "Nothing found" in str(report)


def test_a_healthy_teacher_is_left_in_peace(set_up):
    case = taught(set_up())
    modes = [module.training for module in case.teacher.modules()]
    weights = copy.deepcopy(case.teacher.state_dict())
    report = case.examine()
    assert report.healthy and not report.findings, report
    assert {"the teacher", "the distillation loss"} <= set(report.looked)
    assert same(weights, case.teacher.state_dict()) and modes == [m.training for m in case.teacher.modules()]
    assert "teacher" not in str(set_up().examine())


def test_healthy_adapters_are_left_in_peace(set_up):
    for until in ("head", "stem"):
        case = adapted(set_up(until=until))
        report = case.examine()
        assert report.healthy and not report.findings, report
        assert {"adapters", "what was saved"} <= set(report.looked)
        before = everything(case)
        assert merge_lora(case.model) is case.model and case.examine().healthy
        assert same(everything(SetUp(unmerge_lora(case.model), None, None))["trained"], before["trained"])
    assert "adapter" not in str(set_up().examine())


def test_what_was_saved_is_read_from_its_file(set_up, tmp_path):
    from safetensors.torch import save_file

    case = adapted(set_up())
    for name, kept in (("whole", True), ("half", False)):
        save_file({n: t for n, t in case.saved.items() if kept or "lora_" in n}, tmp_path / f"{name}.safetensors")
        report = replace(case, saved=tmp_path / f"{name}.safetensors").examine()
        assert report.healthy == kept and ("saved-without-head" in report.codes) != kept
    report = replace(case, saved=tmp_path / "nothing.safetensors").examine()
    assert "there is no" in report.not_looked["what was saved"]


def test_the_usual_loss_that_leaves_it_to_no_grad_is_a_note_and_no_more(set_up):
    case = taught(set_up())

    def usual(student, teacher, labels, T=4.0):
        said, wanted = torch.log_softmax(student / T, 1), torch.softmax(teacher / T, 1)
        soft = torch.nn.functional.kl_div(said, wanted, reduction="batchmean") * T**2
        return 0.7 * soft + 0.3 * torch.nn.functional.cross_entropy(student, labels)

    case.soft_loss = usual
    report = case.examine()
    assert report.healthy and report.codes == ["teacher-gets-gradient"]


def test_a_teacher_whose_depth_is_still_random_is_awake(set_up):
    from torchvision.models import convnext_tiny

    case = taught(set_up())
    case.teacher = convnext_tiny(num_classes=5).train()
    assert "teacher-in-training-mode" in case.examine().codes
    case.teacher.eval()
    assert case.examine().healthy


def test_a_loss_without_a_knob_for_the_temperature_is_tried_as_it_is(set_up):
    case = taught(set_up())
    case.soft_loss = lambda student, teacher, labels: distillation_loss(student, teacher, labels, temperature=9.0)
    assert case.examine().healthy
    case.soft_loss = lambda student, teacher: student.sum()
    assert "the loss fails on scores" in case.examine().not_looked["the distillation loss"]


@pytest.mark.parametrize("code", MENDED)
def test_what_can_be_mended_is_mended_and_said(code, set_up):
    torch.manual_seed(0)
    case = FAULTS[code](set_up())
    report = case.examine(fix=True)
    assert report.fixed and any(line in str(report) for line in report.fixed)
    assert code not in case.examine().codes


def test_the_optimizers_state_survives_the_probe(set_up):
    case = set_up(until="stem")
    for _ in range(2):
        images = torch.stack([case.val[at][0] for at in range(4)])
        case.model(images).square().mean().backward()
        case.optimizer.step()
    before = everything(case)
    case.examine()
    assert same(everything(case), before) and before["optimizer"]["state"]
