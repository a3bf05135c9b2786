"""Claims of notebook 10, LoRA."""

from functools import cache

from chapter9_lib.classroom.counted import Counted
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_RANKS, _FIELD = "adapter-ranks", "field-adapters"
_CHOSEN = "attention at rank 8"


def _lab(record: Record) -> Measured:
    adapters, everything = ({"trained": what, "measure": "test"} for what in (_CHOSEN, "everything"))
    return record.difference(adapters, everything)


def _real(record: Record) -> Measured:
    adapters, everything = ({"trained": what, "measure": "accuracy"} for what in ("attention at rank 4", "everything"))
    return record.difference(adapters, everything)


@cache
def _share_of_a_vit_b() -> float:
    """Percent of a ViT-B/16's parameters, adapters included, that rank 8 on its attention adds; to two digits."""
    import torch

    from chapter9_lib.models import build_architecture

    with torch.device("meta"):
        model = build_architecture("timm", "vit_base_patch16_224")
    attention = [m for name, m in model.named_modules() if name.endswith(("attn.qkv", "attn.proj"))]
    adapters = sum(8 * (layer.in_features + layer.out_features) for layer in attention)
    return round(100 * adapters / (adapters + sum(p.numel() for p in model.parameters())), 2)


claim(
    "L1",
    "LoRA trains two thin matrices beside each frozen one, of rank 4 or 8: less than 1 % of all, and W never changes.",
    Counted("percent of a ViT-B that rank 8 on its attention trains: below 1", 1, _share_of_a_vit_b, most=True),
    Test("share trained in the lab's small transformer, rank 8 on attention: below 1 %", _RANKS,
         lambda record: record.value(trained=_CHOSEN, measure="trained, %"), bar=1, above=False),
    Test("the same minus everything trained, new cameras: not worse by a point", _RANKS, _lab, bar=-1),
    Test("real ViT-Tiny, real photos: rank 4 minus everything, not worse by a point", _FIELD, _real, bar=-1),
    so="Put adapters into attention at a low rank, keep the head with them, and merge for use.",
)  # fmt: skip
