from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch import nn

from chapter9_lib.training import fine_tune, pick_device
from chapter9_lib.training.devices import full_precision, grad_scaler, mixed_precision, place, seeded


class FakeDevices:
    """The random state of some devices, in the way torch's modules for them handle it."""

    def __init__(self, states, current):
        self.states, self.current = states, current

    def get_rng_state(self, device=None):
        return self.states[str(device or self.current)]

    def set_rng_state(self, state, device=None):
        self.states[str(device or self.current)] = state

    def manual_seed(self, seed):
        self.states[self.current] = f"from {seed}"

    @contextmanager
    def device(self, device):
        before, self.current = self.current, str(device)
        yield
        self.current = before


@pytest.mark.parametrize(("chosen", "others"), [("cuda:1", ("cuda:0",)), ("cuda:0", ("cuda:1",)), ("mps", ())])
@pytest.mark.parametrize("fails", [False, True])
def test_the_device_draws_from_the_seed_and_goes_on_as_before(monkeypatch, chosen, others, fails):
    fake = FakeDevices({name: f"{name} before" for name in (chosen, *others)}, "mps" if chosen == "mps" else "cuda:0")
    before, here = dict(fake.states), torch.get_rng_state()
    monkeypatch.setattr(torch, "get_device_module", lambda device: fake)
    try:
        with seeded(torch.device(chosen), 7):
            assert fake.states == before | {chosen: "from 7"}
            assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(7)))
            fake.states[chosen] = "drawn from"
            if fails:
                raise KeyError
    except KeyError:
        assert fails
    assert fake.states == before and torch.equal(here, torch.get_rng_state())


def test_training_on_the_cpu_leaves_the_gpus_alone(small_model, toy_photos, monkeypatch):
    seeds = []
    for name in ("torch.cuda.manual_seed_all", "torch.cuda.manual_seed", "torch.mps.manual_seed"):
        monkeypatch.setattr(name, seeds.append)
    fine_tune(small_model, toy_photos(6), epochs=1, device="cpu")
    assert seeds == []


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_real_device_goes_on_as_before(kind):
    if not (torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()):
        pytest.skip(f"no {kind} device here")
    device, module = torch.device(kind), torch.get_device_module(kind)
    torch.rand(3, device=device)
    before, drawn = module.get_rng_state(), []
    for _ in range(2):
        with seeded(device, 5):
            drawn.append(torch.rand(9, device=device).cpu())
    assert torch.equal(*drawn) and torch.equal(before, module.get_rng_state())


@pytest.mark.parametrize("device", ["gpu", "xpu", "cuda:99", "meta", torch.device("cuda", 99)])
def test_a_device_that_is_not_there_is_named(device):
    with pytest.raises(ValueError, match=f"{device}.* is not on this machine; it has .*cpu"):
        pick_device(device)
    assert pick_device("cpu") == torch.device("cpu")


def test_convolutions_of_three_dimensions_lie_as_they_did():
    model = nn.Sequential(nn.Conv3d(3, 2, 3), nn.Conv2d(2, 2, 3))
    assert place(model, torch.device("cpu"))[0].weight.is_contiguous()
    assert place(model[1], torch.device("cpu")).weight.is_contiguous(memory_format=torch.channels_last)


def test_in_full_precision_a_graphics_card_computes_as_a_cpu_does(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **options: False)
    monkeypatch.setattr(torch.amp, "GradScaler", lambda device, enabled: enabled)
    card, before = torch.device("cuda"), torch.backends.cudnn.allow_tf32
    with full_precision():
        assert isinstance(mixed_precision(card), nullcontext) and not grad_scaler(card)
        assert not torch.backends.cudnn.allow_tf32
    assert isinstance(mixed_precision(card), torch.autocast) and grad_scaler(card)
    assert torch.backends.cudnn.allow_tf32 == before
