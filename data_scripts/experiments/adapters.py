"""What the experiments with adapters share: the lab's transformer, what is trained of it, one fair run."""

import re
import time
from collections.abc import Sequence
from statistics import fmean

import torch
from torch import Tensor, nn

from chapter9_lib.models import add_lora, freeze, load_pretrained, lora_layers, merge_lora, unfreeze
from chapter9_lib.training import Phase, evaluate, fine_tune
from data_scripts.experiments.lab import photos_of

__all__ = ["TRAINED", "adapted", "rates_for"]

_ATTENTION, _MLP = r"attn\.(qkv|proj)", r"attn\.(qkv|proj)|mlp\.fc"
TRAINED: dict[str, tuple[str, int]] = {
    "head": ("", 0), "everything": ("", 0),
    **{f"attention at rank {rank}": (_ATTENTION, rank) for rank in (1, 4, 8, 16, 64)},
    **{f"attention and MLP at rank {rank}": (_MLP, rank) for rank in (4, 16)},
}  # fmt: skip
"""{what is trained: (which layers get adapters, of which rank)}; the head is trained in any case."""
_RATES, _WHOLE = (1e-3, 3e-3, 1e-2), (1e-4, 3e-4, 1e-3)
_HEAD_EPOCHS, _EPOCHS, _BATCH, _DIRECTIONS = 5, 10, 32, 4


def rates_for(what: str) -> tuple[float, ...]:
    """Three to choose from: lower ones where everything is trained, as a transformer wants them."""
    return _WHOLE if what == "everything" else _RATES


def adapted(what: str, rate: float, seed: int, splits: Sequence[str]) -> dict[str, float]:
    """Train the head, then all that is to be trained, at `rate`, on augmented photos.

    Returns:
        Accuracy in percent on each of `splits`; the share of all parameters, adapters included, that were trained;
        seconds; and, where attention has changed, how much of the change its four strongest directions hold.
    """
    torch.manual_seed(seed)
    model = load_pretrained("lab-vit", source="bundled", num_classes=5)
    before = _attention(model)
    start = time.perf_counter()
    fine_tune(
        freeze(model), photos_of("train"), phases=[Phase("head", _HEAD_EPOCHS, 1e-2)], batch_size=_BATCH, seed=seed,
        progress=False,
    )  # fmt: skip
    _thaw(model, what)
    whole, trained = (sum(p.numel() for p in model.parameters() if p.requires_grad or every) for every in (True, False))
    fine_tune(
        model, photos_of("train"), epochs=_EPOCHS, lr=rate, batch_size=_BATCH, augment=True, seed=seed, progress=False
    )
    seconds = time.perf_counter() - start
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in splits}
    return {**scores, "trained, %": 100 * trained / whole, "seconds": seconds,
            **_concentration(before, _attention(merge_lora(model) if lora_layers(model) else model))}  # fmt: skip


def _thaw(model: nn.Module, what: str) -> None:
    targets, rank = TRAINED[what]
    if rank:
        add_lora(model, rank, targets=targets)
    elif what == "everything":
        unfreeze(model)


def _attention(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the weights that adapters of attention stand beside."""
    layers = model.named_modules()
    return {
        name: layer.weight.detach().cpu().double().clone()
        for name, layer in layers
        if re.search(_ATTENTION + "$", name)
    }


def _concentration(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, float]:
    changes = [after[name] - weights for name, weights in before.items()]
    squared = [torch.linalg.svdvals(change).square() for change in changes if change.abs().max() > 0]
    shares = [float(values[:_DIRECTIONS].sum() / values.sum()) for values in squared]
    return {f"{_DIRECTIONS} directions, %": 100 * fmean(shares)} if shares else {}
