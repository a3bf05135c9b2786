"""Models on disk: safetensors beside a JSON card that says how to build them. Never a pickle."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.files import write_together
from chapter9_lib.models.architectures import build_architecture
from chapter9_lib.models.cards import NEEDED, check_card, plain_card
from chapter9_lib.models.classes import known_classes, remember_classes
from chapter9_lib.models.head_replacement import replace_head
from chapter9_lib.models.heads import find_head
from chapter9_lib.models.lora import is_adapter, require_merged
from chapter9_lib.models.modes import uncompiled
from chapter9_lib.models.preprocessing import Preprocessing, preprocessing

__all__ = ["build_from_card", "load_model", "read_card", "save_model"]


def save_model(model: nn.Module, path: str | Path, card: Mapping[str, Any] | None = None, half: bool = False) -> Path:
    """Write PATH.safetensors and, beside it, PATH.json.

    Args:
        model: from `load_pretrained`, `load_model` or `lab_resnet`; for any other, `card` must say how to
            build it: source ("timm" or "torchvision"), architecture, create_kwargs, num_classes.
        path: where to; the suffix may be left out. Folders are made.
        card: further entries, such as accuracy; they win over the model's own (its classes among them).
        half: store in half precision (norm statistics stay in single). Loading gives single precision again.

    Returns:
        The path of the tensors.

    Raises:
        ValueError: when nothing says how to build the model, an entry of the card is of the wrong kind or names other
            classes than the head has, adapters are not merged, half precision can't hold a value, PATH.json is there
            and is something else than a card, or PATH.safetensors is there without one; or path is a folder's.
        OSError: when the files can't be written; nothing half-written stays behind.
    """
    from safetensors.torch import save

    model = uncompiled(model)
    require_merged(model, "and a card can't say so. Save the adapter alone by lora_state(model), or")
    weights, card_path = _pair(path)
    names = known_classes(model)
    own = {**getattr(model, "card", {}), **({"classes": names} if names else {})}
    full = {**own, **preprocessing(model).to_card(), **(card or {})}
    missing = [key for key in NEEDED if key not in full]
    if missing:
        raise ValueError(
            f"This {type(model).__name__} can't be built again from its card: {', '.join(missing)} missing. Pass "
            'card={"source": "timm", "architecture": ..., "create_kwargs": {...}, "num_classes": ...}.'
        )
    full = check_card(plain_card(full, card_path), card_path)
    _check_place(weights, card_path)
    _check_width(model, full)
    tensors = {name: tensor for name, tensor in model.state_dict().items() if not is_adapter(name)}
    content = save({name: _stored(name, tensor, half) for name, tensor in tensors.items()})
    full["sha256"] = hashlib.sha256(content).hexdigest()
    full["precision"] = "float16" if half else "float32"
    write_together({weights: content, card_path: _as_json(full)})
    return weights


def load_model(path: str | Path) -> nn.Module:
    """Read what `save_model` wrote, or any safetensors checkpoint with such a card; in evaluation mode, on the CPU.

    Raises:
        FileNotFoundError: naming the file that is missing.
        ValueError: when the card lacks an entry or has one of the wrong kind, the file is damaged, or tensors and
            card disagree.
    """
    weights, card_path = _pair(path)
    card = read_card(weights)
    model = build_from_card(card, card_path)
    _load_tensors(model, weights, card.get("sha256"))
    return model.eval()


def read_card(path: str | Path) -> dict[str, Any]:
    """The JSON card beside a checkpoint, its entries checked for being there and of the right kind.

    Raises:
        FileNotFoundError: when the card or the checkpoint is missing.
        ValueError: when it isn't JSON, lacks an entry, or has one of the wrong kind; names the file and the entry.
    """
    weights, card_path = _pair(path)
    for file in (weights, card_path):
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: a checkpoint is NAME.safetensors with NAME.json beside it")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{card_path} isn't valid JSON ({error})") from error
    return check_card(card, card_path)


def build_from_card(card: Mapping[str, Any], where: str | Path) -> nn.Module:
    """The network a card describes, with random weights, its preprocessing, classes and the card attached.

    Args:
        card: as from `read_card`.
        where: the card's file, for error messages.

    Raises:
        ValueError: naming the file, when the card asks for something that can't be built.
    """
    try:
        model = build_architecture(
            card["source"], card["architecture"], card["num_classes"], card.get("create_kwargs", {})
        )
        if head := card.get("head"):
            replace_head(model, card["num_classes"], **head)
        model.preprocessing = Preprocessing.from_card(card)
        _tell_timm(model, model.preprocessing)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error
    model.card = {key: value for key, value in card.items() if key not in ("sha256", "precision")}
    if card.get("classes"):
        remember_classes(model, card["classes"])
    return model


def _as_json(card: Mapping[str, Any]) -> bytes:
    """A card as it is written; escaped where a class has the name of a folder that is no UTF-8."""
    try:
        return (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(card, indent=1) + "\n").encode()


def _check_place(weights: Path, path: Path) -> None:
    """Refuse to write over a JSON of another kind, such as a history, and over tensors that have no card."""
    if not path.exists():
        if weights.exists():
            raise ValueError(f"{weights} is there already, without a card: choose another name, or move it away")
        return
    try:
        is_card = "architecture" in json.loads(path.read_text(encoding="utf-8"))
    except (TypeError, ValueError):
        is_card = False
    if not is_card:
        raise ValueError(f"{path} is there already and is no model's card: choose another name, or move it away")


def _check_width(model: nn.Module, card: Mapping[str, Any]) -> None:
    """Once it is loaded nobody can mend it: a head that was changed behind the card's back is refused now."""
    try:
        width = find_head(model).out_features
    except ValueError:
        return  # made without a head, as its card says
    if width != card["num_classes"]:
        raise ValueError(
            f"The head has {width} outputs and the card says {card['num_classes']}: change heads by "
            f'replace_head(model, {width}), or pass card={{"num_classes": {width}}} if nothing else has changed'
        )


def _tell_timm(model: nn.Module, prepared: Preprocessing) -> None:
    """Let timm.data.resolve_model_data_config(model) say what this checkpoint wants, not what its architecture does."""
    config = getattr(model, "pretrained_cfg", None)
    if not isinstance(config, Mapping):
        return
    told = {
        "mean": prepared.mean, "std": prepared.std, "input_size": (3, *prepared.size),
        "interpolation": prepared.interpolation, "crop_pct": prepared.crop_pct,
        "crop_mode": "center" if prepared.crop else "squash",
    }  # fmt: skip
    model.pretrained_cfg = model.default_cfg = {**config, **told}


def _pair(path: str | Path) -> tuple[Path, Path]:
    stem = os.path.expanduser(path).removesuffix(".safetensors").removesuffix(".json")
    if not os.path.basename(stem):
        raise ValueError(f"{str(path)!r} names no file: {os.path.join(stem, 'my_model.safetensors')}, for instance")
    return Path(stem + ".safetensors"), Path(stem + ".json")


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous().clone()
    if not half or not tensor.is_floating_point() or "running_" in name:
        return tensor
    small = tensor.half()
    if not torch.isfinite(small[torch.isfinite(tensor)]).all():
        raise ValueError(f"{name} holds values beyond half precision (65504); save it with half=False")
    return small


def _load_tensors(model: nn.Module, weights: Path, digest: str | None) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = weights.read_bytes()
    if digest and hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{weights} is not the file its card was written for (checksum differs): fetch both again")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ValueError(f"{weights} is damaged ({error}): fetch it again") from error
    expected = model.state_dict()
    shapes = [
        f"{name} is {tuple(tensors[name].shape)}, the card's network wants {tuple(expected[name].shape)}"
        for name in sorted(expected.keys() & tensors.keys())
        if tensors[name].shape != expected[name].shape
    ]
    problems = [
        *_some("missing", sorted(expected.keys() - tensors.keys())),
        *_some("unexpected", sorted(tensors.keys() - expected.keys())),
        *_some("wrong shape", shapes),
    ]
    if problems:
        raise ValueError(f"{weights} and its card {weights.stem}.json disagree: {'; '.join(problems)}")
    model.load_state_dict(tensors)


def _some(what: str, names: list[str]) -> list[str]:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return [f"{what}: {', '.join(names[:4])}{more}"] if names else []
