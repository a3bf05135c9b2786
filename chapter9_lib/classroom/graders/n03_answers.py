"""Exercises of notebook 03: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["ALSO_RIGHT", "FATES", "REFERENCE", "SNIPPETS", "WRONG"]

_RESNET, _MOBILENET = 'model = timm.create_model("resnet18")', 'model = timm.create_model("mobilenetv3_small_050")'
_FREEZE = "for p in model.parameters():\n    p.requires_grad = False"
_NEW, _NEW_ON_MOBILENET = "model.fc = nn.Linear(512, 5)", "model.fc = nn.Linear(1024, 5)"
_TRAIN_FC = "optimizer = AdamW(model.fc.parameters())"
_TRAIN_FREE = "optimizer = AdamW([p for p in model.parameters() if p.requires_grad])"

SNIPPETS: dict[str, str] = {
    "A": "\n".join((_RESNET, _FREEZE, _NEW, _TRAIN_FC)),
    "B": "\n".join((_MOBILENET, _NEW_ON_MOBILENET, _TRAIN_FC)),
    "C": "\n".join((_MOBILENET, _FREEZE, _NEW_ON_MOBILENET, _TRAIN_FC)),
    "D": "\n".join((_RESNET, _NEW, _FREEZE, _TRAIN_FREE)),
    "E": "\n".join((_RESNET, _TRAIN_FC, _FREEZE, _NEW)),
}
"""Five ways to swap a head. Each is followed by `loss.backward()` and `optimizer.step()`."""
FATES = {"A": "works", "B": "silent", "C": "error", "D": "error", "E": "silent"}
"""What becomes of each: the new head learns, Python complains, or neither."""


def _extract(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    backbone.eval()
    with torch.no_grad():
        return torch.cat([_both(backbone, batch) for batch in images.split(batch_size)])


def _both(backbone: "nn.Module", batch: "Tensor", across: int = -1) -> "Tensor":
    return (backbone(batch) + backbone(batch.flip(across))) / 2


def _in_training_mode(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    with torch.no_grad():
        return torch.cat([_both(backbone, batch) for batch in images.split(batch_size)])


def _with_gradients(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    return torch.cat([_both(backbone.eval(), batch) for batch in images.split(batch_size)])


def _shuffled(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images.flip(0), batch_size)


def _drops_the_last(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images[: len(images) // batch_size * batch_size], batch_size)


def _all_at_once(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images, len(images))


def _upside_down(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    backbone.eval()
    with torch.no_grad():
        return torch.cat([_both(backbone, batch, across=-2) for batch in images.split(batch_size)])


def _blended(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, (images + images.flip(-1)) / 2, batch_size)


def _unmirrored(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    backbone.eval()
    with torch.no_grad():
        return torch.cat([backbone(batch) for batch in images.split(batch_size)])


def _in_fours(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images, 4)


def _photo_by_photo(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images, 1)


def _averaged_over_photos(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    return _extract(backbone, images, batch_size).mean(0)


def _back_in_training(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    was, rows = backbone.training, _extract(backbone, images, batch_size)
    backbone.train(was)
    return rows


def _both_in_one_pass(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    backbone.eval()
    with torch.inference_mode():
        pairs = [backbone(torch.cat([batch, batch.flip(-1)])).chunk(2) for batch in images.split(batch_size)]
        return torch.cat([(plain + mirrored) / 2 for plain, mirrored in pairs])


def _one_below_the_other(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    return torch.cat([_unmirrored(backbone, view, batch_size) for view in (images, images.flip(-1))])


def _side_by_side(backbone: "nn.Module", images: "Tensor", batch_size: int) -> "Tensor":
    import torch

    parts = (_unmirrored(backbone, view, batch_size) for view in (images, images.flip(-1)))
    return torch.cat(list(parts), dim=1)


REFERENCE: dict[str, Any] = {
    "n03.two_layer_parameters": 134_149,
    "n03.mirrored_features": _extract,
    "n03.five_snippets": FATES,
}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n03.two_layer_parameters": {
        "forgot the biases": (133_632, "biases too"),
        "forgot the hidden biases": (133_637, "512 of them"),
        "forgot the last biases": (134_144, "one a species"),
        "one layer": (1285, "linear head of notebook 01"),
        "multiplied through": (655_360, "then add"),
        "dropout has parameters": (134_661, "no parameters"),
        "the chapter's backbone": (1_051_653, "2,048 features"),
        "the whole network": (2_900_000, "whole network"),
        "not a number": ("134149", "A count is a number"),
    },
    "n03.mirrored_features": {
        "training mode": (_in_training_mode, "backbone.eval()"),
        "gradients kept": (_with_gradients, "torch.no_grad()"),
        "another order": (_shuffled, "labels no longer fit"),
        "last batch dropped": (_drops_the_last, "8 rows for 10 photos"),
        "all at once": (_all_at_once, "keep to batch_size"),
        "upside down": (_upside_down, "upside down"),
        "photos blended": (_blended, "Ask twice"),
        "no mirror": (_unmirrored, "Where is the mirror image"),
        "side by side": (_side_by_side, "(10, 12)"),
        "one below the other": (_one_below_the_other, "20 rows for 10 photos"),
        "averaged over photos": (_averaged_over_photos, "(6,)"),
        "in fours": (_in_fours, "4 went in at a time"),
        "photo by photo": (_photo_by_photo, "1 went in at a time"),
        "sum": (lambda *args: 2 * _extract(*args), "half of it"),
        "a list": (lambda *args: [_extract(*args)], "torch.cat"),
    },
    "n03.five_snippets": {
        "all fine": (dict.fromkeys(FATES, "works"), "never calls its fc. The old head"),
        "all silent": (dict.fromkeys(FATES, "silent"), "A does train"),
        "C is silent": ({**FATES, "C": "silent"}, "C is in luck"),
        "D is silent": ({**FATES, "D": "silent"}, "empty list"),
        "E works": ({**FATES, "E": "works"}, "keeps it"),
        "B is an error": ({**FATES, "B": "error"}, "B runs"),
        "half done": ({"A": "works"}, "Still without an answer: B, C, D, E"),
        "another word": ({**FATES, "D": "fails"}, "'fails'"),
        "a list": (["B", "E"], "a dictionary"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n03.two_layer_parameters": {"a NumPy number": np.int64(134_149)},
    "n03.mirrored_features": {"back in training mode": _back_in_training, "both in one pass": _both_in_one_pass},
}
