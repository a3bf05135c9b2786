"""What must hold for a classifier of timm or torchvision, whatever its architecture, tried on random weights."""

import copy
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import build_architecture, find_head, freeze, replace_head, stages
from chapter9_lib.models.modes import as_logits
from chapter9_lib.training import learning_rate_groups
from chapter9_lib.training.boundary import boundary_at
from chapter9_lib.training.crossing import CacheRefused, record

__all__ = ["CHECKS", "check_architecture", "smallest_input"]

Check = Callable[[nn.Module, tuple[int, int, int]], str | None]

CLASSES = 5
LARGEST = 1_000_000_000
"""Networks with more parameters are only cut and grouped, without numbers."""
EDGES = (32, 48, 64, 96, 112, 128, 160, 192, 224, 256)
SIZE_ARGUMENTS = {"timm": ("img_size",), "torchvision": ("image_size", "input_size")}


def check_architecture(source: str, name: str) -> dict[str, Any]:
    """Try one architecture.

    Args:
        source: "timm" or "torchvision".
        name: of the architecture there.

    Returns:
        `parameters`; `image` (height, width); `head` (its name); `stages` (their number); `guessed` (what becomes of a
        new head put at `fc`: "right", "silent" or "error"); `numbers` (False where only shapes were tried); and
        `checks`: True, or what went wrong, for each of `CHECKS`.
    """
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    image, arguments = smallest_input(source, name)
    shapes = _shapes(source, name, arguments)
    count = sum(parameter.numel() for parameter in shapes.parameters())
    found = {
        "parameters": count, "image": list(image[-2:]), "head": find_head(shapes).name,
        "stages": len(_cut(shapes, image)), "guessed": _guess(shapes, image),
    }  # fmt: skip
    if count > LARGEST:
        checks = {"stages": _tried(_stages_hold, shapes, image), "rates": _tried(_rates_cover, shapes, image)}
        return found | {"checks": checks, "numbers": False}
    model = _built(source, name, arguments)
    return found | {"checks": {check: _tried(run, model, image) for check, run in CHECKS.items()}, "numbers": True}


def smallest_input(source: str, name: str) -> tuple[tuple[int, int, int], dict[str, int]]:
    """The smallest (channels, height, width) that the network takes, and the builder's arguments for it.

    Raises:
        RuntimeError: when it takes none of those tried.
    """
    own = getattr(_shapes(source, name, {}), "pretrained_cfg", None) or {}
    channels, *largest = own.get("input_size", (3, 224, 224))
    sizes = [(edge, edge) for edge in EDGES if edge < max(largest)] + [tuple(largest), (299, 299), (512, 512)]
    for size in sizes:
        for arguments in ({}, *({key: size[0]} for key in SIZE_ARGUMENTS[source])):
            if _takes(source, name, (channels, *size), arguments):
                return (channels, *size), arguments
    raise RuntimeError(f"{source}'s {name} takes none of the sizes {sizes}")


def _shapes(source: str, name: str, arguments: Mapping[str, int]) -> nn.Module:
    """The network on the meta device, without numbers; one that computes while it is built is built with them first."""
    try:
        with torch.device("meta"):
            return _built(source, name, arguments)
    except ValueError:
        return _built(source, name, arguments).to("meta")


def _built(source: str, name: str, arguments: Mapping[str, int]) -> nn.Module:
    """The network; a backbone that comes without a head gets one of a thousand classes."""
    model = build_architecture(source, name, create_kwargs=arguments)
    try:
        find_head(model)
    except ValueError:
        replace_head(model, 1000)
    return model


def _takes(source: str, name: str, image: tuple[int, int, int], arguments: Mapping[str, int]) -> bool:
    try:
        model = _shapes(source, name, arguments)
        with torch.device("meta"), torch.no_grad():
            outputs = [as_logits(model.train(mode)(torch.empty(3, *image))) for mode in (False, True)]
    except Exception:  # noqa: BLE001 - whatever a network says to a photo of the wrong size
        return False
    return all(output.dim() == 2 for output in outputs)


def _guess(shapes: nn.Module, image: tuple[int, int, int]) -> str:
    """What happens when somebody sets `model.fc`, whatever the head is called."""
    head, guess = find_head(shapes), copy.copy(shapes)
    guess._modules = dict(shapes._modules)
    try:
        guess.fc = nn.Linear(head.in_features, CLASSES, device="meta")
        with torch.no_grad(), torch.device("meta"):
            width = as_logits(guess.eval()(torch.empty(2, *image))).shape[-1]
    except Exception:  # noqa: BLE001 - any complaint is a complaint
        return "error"
    return "right" if width == CLASSES else "silent"


def _tried(check: Check, model: nn.Module, image: tuple[int, int, int]) -> bool | str:
    try:
        return check(model, image) or True
    except Exception as error:  # noqa: BLE001 - the sweep's finding
        return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _photos(image: tuple[int, int, int], count: int = 3) -> Tensor:
    return torch.randn(count, *image, generator=torch.Generator().manual_seed(0))


def _cut(model: nn.Module, image: tuple[int, int, int]) -> list:
    return stages(model, torch.zeros(2, *image))


def _stages_hold(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    """Every parameter and buffer in exactly one stage, the head by itself, three stages at least."""
    found = _cut(model, image)
    for kind, whole in (("parameters", model.parameters()), ("buffers", model.buffers())):
        own = [
            id(tensor)
            for stage in found
            for _, tensor in (stage.named_parameters() if kind == "parameters" else stage.named_buffers())
        ]
        if sorted(own) != sorted(map(id, whole)):
            return f"the stages' {kind} are not the model's"
    if {id(p) for p in found[-1].parameters()} != {id(p) for p in find_head(model).parameters()}:
        return "the last stage is not the head"
    return f"only {len(found)} stages: {[stage.name for stage in found]}" if len(found) < 3 else None


def _rates_cover(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    """Every trainable parameter in one group, the rates falling from the head to the stem."""
    found = _cut(model, image)
    groups = learning_rate_groups(model, 1.0, 0.5)
    held = [id(p) for group in groups for p in group["params"]]
    if sorted(held) != sorted(id(p) for p in model.parameters() if p.requires_grad):
        return "the groups' parameters are not the trainable ones"
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    for distance, stage in enumerate(reversed(found)):
        if {rates[id(p)] for p in stage.parameters() if p.requires_grad} - {0.5**distance}:
            return f"{stage.name} has another rate than its place"
    return None


def _head_is_replaced(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    """Five outputs, and fewer parameters than before."""
    before = sum(p.numel() for p in model.parameters())
    replace_head(model, CLASSES)
    with torch.no_grad():
        shape = tuple(as_logits(model.eval()(_photos(image, 2))).shape)
    if shape != (2, CLASSES):
        return f"the output is {shape}"
    return None if sum(p.numel() for p in model.parameters()) < before else "the parameters have not become fewer"


def _frozen_until(model: nn.Module, image: tuple[int, int, int], until: str) -> str | None:
    """A step in training mode: gradients from `until` on only, everything before bit-identical."""
    freeze(model, until).train()
    found = _cut(model, image)
    first = next(n for n, stage in enumerate(found) if stage.name == until)
    frozen = {name for stage in found[:first] for name in stage.tensors}
    before = {name: t.clone() for name, t in (*model.named_parameters(), *model.named_buffers()) if name in frozen}
    model.zero_grad(set_to_none=True)
    as_logits(model(_photos(image))).float().logsumexp(1).sum().backward()
    slopes = {name for name, p in model.named_parameters() if p.grad is not None}
    if slopes & frozen:
        return f"{sorted(slopes & frozen)[0]} got a gradient"
    if not any(p.grad is not None for p in found[first].parameters()):
        return f"nothing in {until} got a gradient"
    after = dict((*model.named_parameters(), *model.named_buffers()))
    moved = [name for name, tensor in before.items() if not torch.equal(tensor.nan_to_num(), after[name].nan_to_num())]
    return f"{moved[0]} moved" if moved else None


def _frozen_backbone(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    return _frozen_until(model, image, "head")


def _half_frozen(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    return _frozen_until(model, image, _middle(model, image))


def _middle(model: nn.Module, image: tuple[int, int, int]) -> str:
    found = _cut(model, image)
    return found[max(1, len(found) // 2)].name


def _boundary_holds(model: nn.Module, image: tuple[int, int, int]) -> str | None:
    """Played back from the middle stage, the model answers what it answers in one piece; or the cache refuses."""
    until = _middle(model, image)
    freeze(model, until)
    photos = _photos(image)
    try:
        cut = boundary_at(model, until, photos)
    except CacheRefused as refusal:
        return f"refused: {refusal}"
    seen = record(model, cut.crossings, photos)
    with torch.no_grad():
        whole = as_logits(model.eval()(photos))
        played = cut.play([seen[crossing.call, crossing.place] for crossing in cut.crossings])
    scale = 1 + float(whole.abs().nan_to_num().max())
    same = torch.allclose(whole, played, rtol=1e-3, atol=1e-4 * scale, equal_nan=True)
    return None if same else "played back, it answers something else"


CHECKS: dict[str, Check] = {
    "head replaced": _head_is_replaced,
    "stages": _stages_hold,
    "rates": _rates_cover,
    "frozen to the head": _frozen_backbone,
    "frozen to the middle": _half_frozen,
    "cache at the middle": _boundary_holds,
}
"""In the order in which they are made, on one and the same model."""
