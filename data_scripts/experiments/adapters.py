"""What the experiments with adapters share: the lab's transformer, what is trained of it, one fair run."""

import time
from collections.abc import Sequence

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze, load_pretrained, lora_layers, unfreeze
from chapter9_lib.training import Phase, evaluate, fine_tune
from data_scripts.experiments.lab import photos_of

__all__ = ["TRAINED", "adapted", "rates_for"]

_ATTENTION, _MLP = r"attn\.(qkv|proj)", r"attn\.(qkv|proj)|mlp\.fc"
TRAINED: dict[str, tuple[str, int]] = {
    "head": ("", 0), "everything": ("", 0),
    **{f"attention, rank {rank}": (_ATTENTION, rank) for rank in (1, 4, 16, 64)},
    **{f"attention and MLP, rank {rank}": (_MLP, rank) for rank in (4, 16)},
}  # fmt: skip
"""{what is trained: (which layers get adapters, of which rank)}; the head is trained in any case."""
_RATES, _WHOLE = (3e-4, 1e-3, 3e-3), (1e-4, 3e-4, 1e-3)
_HEAD_EPOCHS, _EPOCHS, _BATCH = 5, 10, 32


def rates_for(what: str) -> tuple[float, ...]:
    """Three to choose from: lower ones where everything is trained, as a transformer wants them."""
    return _WHOLE if what == "everything" else _RATES


def adapted(what: str, rate: float, seed: int, splits: Sequence[str]) -> dict[str, float]:
    """Train the head, then all that is to be trained, at `rate`, on augmented photos.

    Returns:
        Accuracy in percent on each of `splits`; the share of all parameters that were trained; seconds; and, for
        adapters, how much of the learnt change its strongest direction holds.
    """
    torch.manual_seed(seed)
    model = load_pretrained("lab-vit", source="bundled", num_classes=5)
    whole = sum(weights.numel() for weights in model.parameters())
    start = time.perf_counter()
    fine_tune(
        freeze(model), photos_of("train"), phases=[Phase("head", _HEAD_EPOCHS, 1e-2)], batch_size=_BATCH, seed=seed,
        progress=False,
    )  # fmt: skip
    _thaw(model, what)
    trained = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    fine_tune(
        model, photos_of("train"), epochs=_EPOCHS, lr=rate, batch_size=_BATCH, augment=True, seed=seed, progress=False
    )
    seconds = time.perf_counter() - start
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in splits}
    return {**scores, "trained, %": 100 * trained / whole, "seconds": seconds, **_concentration(model)}


def _thaw(model: nn.Module, what: str) -> None:
    targets, rank = TRAINED[what]
    if rank:
        add_lora(model, rank, targets=targets)
    elif what == "everything":
        unfreeze(model)


def _concentration(model: nn.Module) -> dict[str, float]:
    shares = []
    for layer in lora_layers(model).values():
        squared = torch.linalg.svdvals(layer.delta().detach().double()).square()
        shares.append(float(squared[0] / squared.sum().clamp_min(1e-30)))
    return {"first direction, %": 100 * sum(shares) / len(shares)} if shares else {}
