"""Against forgetting: weights drawn back to where they started, and networks between two."""

import copy

import pytest
import torch

from chapter9_lib.models import find_head
from chapter9_lib.training import Phase, fine_tune, interpolated
from chapter9_lib.training.checkpoints import Checkpoint

OPTIONS = {"batch_size": 10, "augment": False, "device": "cpu", "progress": False}


def walked(model, before):
    head = find_head(model).name
    return float(sum((p.detach() - before[n]).square().sum() for n, p in model.named_parameters() if not
                     n.startswith(head)) ** 0.5)  # fmt: skip


def tuned(model, photos, pull, **options):
    own = copy.deepcopy(model)
    fine_tune(own, photos, phases=[Phase("stem", 3, 1e-3)], l2_sp=pull, **{**OPTIONS, **options})
    return own


def test_the_harder_it_is_pulled_the_less_it_walks(small_model, toy_photos):
    before = copy.deepcopy(small_model.state_dict())
    ways = [walked(tuned(small_model, toy_photos(), pull), before) for pull in (0.0, 30.0, 300.0, 1e9)]
    assert ways[0] > ways[1] > ways[2] > ways[3] == 0


def test_one_step_of_sgd_by_hand(small_model, toy_photos):
    photos, options = toy_photos(10), {"optimizer": "sgd", "weight_decay": 0.0}
    plain, pulled = (fine_tuned(small_model, photos, pull, options) for pull in (0.0, 200.0))
    before, head = small_model.state_dict(), find_head(small_model).name
    for name, parameter in pulled.named_parameters():
        free = plain.state_dict()[name]
        wanted = free if name.startswith(head) else torch.lerp(free, before[name], 200.0 * 1e-3)
        assert torch.allclose(parameter, wanted, atol=1e-7), name


def fine_tuned(model, photos, pull, options):
    own = copy.deepcopy(model)
    phases = [Phase("stem", 1, 1e-3, schedule="constant")]
    fine_tune(own, photos, phases=phases, l2_sp=pull, **OPTIONS, **options)
    return own


def test_a_pulled_training_broken_off_comes_to_the_same_end(small_model, toy_photos, tmp_path):
    class Broken(Exception):
        pass

    def break_off(model, history):
        if len(history) == 2:
            raise Broken

    whole = tuned(small_model, toy_photos(), 50.0)
    own, file = copy.deepcopy(small_model), tmp_path / "training.safetensors"
    with pytest.raises(Broken):
        fine_tune(own, toy_photos(), phases=[Phase("stem", 3, 1e-3)], l2_sp=50.0, checkpoint=file, watch=break_off,
                  **OPTIONS)  # fmt: skip
    resumed = tuned(small_model, toy_photos(), 50.0, checkpoint=file)
    after = resumed.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in whole.state_dict().items())
    with pytest.raises(ValueError, match="l2_sp 50.0, now 60.0"):
        tuned(small_model, toy_photos(), 60.0, checkpoint=file)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_network_between_two(small_model, toy_photos, share):
    start = copy.deepcopy(small_model.state_dict())
    end = tuned(small_model, toy_photos(), 0.0)
    between = interpolated(end, start, share)
    for name, tensor in between.state_dict().items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, start[name] + share * (end.state_dict()[name] - start[name]), atol=1e-6)
    assert not any(torch.equal(p, q) for p, q in zip(between.parameters(), end.parameters(), strict=True)) or share == 1


def test_compiled_networks_have_one_between_them_too(small_model):
    compiled = torch.compile(small_model, backend="eager")
    start = {
        name: tensor + 1 if tensor.is_floating_point() else tensor for name, tensor in compiled.state_dict().items()
    }
    between = interpolated(compiled, start, 0.5).state_dict()
    assert (
        torch.allclose(between["fc.bias"], small_model.fc.bias + 0.5)
        and between.keys() == small_model.state_dict().keys()
    )


def test_tied_weights_go_the_way_once(small_model):
    tied = torch.nn.Sequential(small_model)
    tied.add_module("again", small_model)
    start = {name: torch.zeros_like(tensor) for name, tensor in tied.state_dict().items()}
    assert torch.equal(interpolated(tied, start, 0.5)[0].fc.weight, small_model.fc.weight / 2)
    one_name = {name: tensor for name, tensor in start.items() if not name.startswith("again")}
    assert torch.equal(interpolated(tied, one_name, 0.5)[0].fc.weight, small_model.fc.weight / 2)


def test_a_new_head_stays_and_what_does_not_fit_is_refused(small_model):
    start = {n: t for n, t in small_model.state_dict().items() if not n.startswith(find_head(small_model).name)}
    between = interpolated(small_model, start, 0.5)
    assert torch.equal(find_head(between).module.weight, find_head(small_model).module.weight)
    with pytest.raises(ValueError, match="share"):
        interpolated(small_model, start, 1.5)
    with pytest.raises(ValueError, match="no tensor in common"):
        interpolated(small_model, {}, 0.5)
    with pytest.raises(TypeError, match=r"start\.state_dict\(\)"):
        interpolated(small_model, small_model, 0.5)


def test_a_negative_pull_is_refused(small_model, toy_photos):
    with pytest.raises(ValueError, match="l2_sp"):
        fine_tune(small_model, toy_photos(), l2_sp=-1.0, progress=False)


def test_the_pull_goes_back_to_the_borrowed_weights_when_the_half_trained_model_goes_on(
    small_model, toy_photos, tmp_path, monkeypatch
):
    photos, options = toy_photos(16), {"epochs": 3, "lr": 1e-2, "l2_sp": 0.1, "batch_size": 8, "device": "cpu"}
    whole = copy.deepcopy(small_model)
    fine_tune(whole, photos, progress=False, **options)
    save = Checkpoint.save

    def killed(self, run, history, done):
        save(self, run, history, done)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "save", killed)
        fine_tune(small_model, photos, progress=False, checkpoint=tmp_path / "s", **options)
    fine_tune(small_model, photos, progress=False, checkpoint=tmp_path / "s", **options)
    assert all(whole.state_dict()[name].equal(tensor) for name, tensor in small_model.state_dict().items())
