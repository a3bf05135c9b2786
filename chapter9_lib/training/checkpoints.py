"""A training that was broken off goes on where it was: its whole state in one safetensors file, after each epoch."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.files import write_whole
from chapter9_lib.training.data import is_steady
from chapter9_lib.training.history import History
from chapter9_lib.training.labels import labels_of
from chapter9_lib.training.run import Run

__all__ = ["Checkpoint", "Resumed", "build_of", "digest_of"]

_LOOKED_AT = 64


@dataclass(frozen=True)
class Resumed:
    """Where a training stood.

    Attributes:
        history: of the epochs behind.
        phase: which was running.
        done: how many of its epochs are done.
        tensors: weights, moments and random states.
        scaler: the state of the gradient scaler.
        best: how good the epoch was whose weights are kept, where they are.
    """

    history: History
    phase: int
    done: int
    tensors: dict[str, Tensor]
    scaler: dict[str, Any]
    best: tuple[float, ...] | None = None


class Checkpoint:
    """The state of a training in a file.

    Args:
        path: of the file; its folder is made.
        settings: what must be the same for the training to go on, as JSON knows it, or in numpy's numbers.
    """

    def __init__(self, path: str | Path, settings: dict[str, Any]) -> None:
        self.path, self.settings = Path(path).expanduser(), json.loads(json.dumps(settings, default=float))

    def save(self, run: Run, history: History, done: int) -> None:
        """Write everything; the file from before stays until this one is whole.

        Raises:
            OSError: when it can't be written.
        """
        from safetensors.torch import save

        state = {
            "settings": self.settings, "history": history.to_dict(), "phase": run.leg.number, "done": done,
            "scaler": run.scaler.state_dict(), "best": run.best and run.best[0],
        }  # fmt: skip
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in _tensors(run).items()}
        write_whole(self.path, save(tensors, {"state": json.dumps(state)}))

    def load(self) -> Resumed | None:
        """What `save` wrote; None where there is no file.

        Raises:
            ValueError: when the file is damaged, or belongs to a training with other settings; says which.
        """
        from safetensors import SafetensorError, safe_open

        if not self.path.exists():
            return None
        if self.path.is_dir():
            raise ValueError(f"{self.path} is a folder: name a file in it, such as {self.path}/training.safetensors")
        try:
            with safe_open(self.path, "pt") as file:
                state = json.loads(file.metadata()["state"])
                names = file.keys()  # copies: views of the file would keep it open, and Windows from replacing it
                tensors = {name: file.get_tensor(name).clone() for name in names}
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path} is no checkpoint of fine_tune, or damaged ({error}): delete it") from error
        other = [key for key, value in self.settings.items() if state["settings"].get(key) != value]
        if other:
            pairs = ", ".join(f"{key} {state['settings'].get(key)!r}, now {self.settings[key]!r}" for key in other)
            if "network" in other:
                pairs += "; network says how it is built, and what of it was frozen or held: build it as it was begun"
            raise ValueError(
                f"{self.path} was begun with other settings ({pairs}). Go on with those, or delete the file"
            )
        history = History(**state["history"])
        best = state["best"] and tuple(state["best"])
        return Resumed(history, state["phase"], state["done"], tensors, state["scaler"], best)

    @staticmethod
    def restore(run: Run, resumed: Resumed, optimizer: bool) -> None:
        """Put weights and random states back; with `optimizer`, once the phase has begun, the moments and the dice.

        The dice of a device go on only on one of its kind, and the scaler only where both sides have one: on another
        machine the training goes on as well, but not with the same random numbers.
        """
        parts = _split(resumed.tensors)
        if not optimizer:
            run.model.load_state_dict(parts["model"])
            own = dict(run.model.named_parameters())
            run.starts = {own[name]: start.to(run.device) for name, start in parts["starts"].items()}
            if resumed.best is not None:
                run.best = (resumed.best, {name: tensor.to(run.device) for name, tensor in parts["best"].items()})
            return
        for name, parameter in run.model.named_parameters():
            moments = {k.rpartition("|")[2]: v for k, v in parts["moments"].items() if k.rpartition("|")[0] == name}
            if moments:
                run.optimizer.state[parameter] = {
                    key: value if key == "step" else value.to(parameter.device) for key, value in moments.items()
                }
        if resumed.scaler and run.scaler.is_enabled():
            run.scaler.load_state_dict(resumed.scaler)
        run.order.set_state(parts["dice"]["order"])
        run.views.set_state(parts["dice"]["views"])
        torch.set_rng_state(parts["dice"]["cpu"])
        if "device" in parts["dice"] and torch.device(resumed.history.device).type == run.device.type:
            torch.get_device_module(run.device).set_rng_state(parts["dice"]["device"])


def digest_of(photos: Sequence[Any]) -> str:
    """A fingerprint of photos: their number, their labels, and their files' names, folders and sizes; without files,
    what some of them look like in small, unless the dataset changes them at random itself."""
    digest = hashlib.sha256(str(labels_of(photos).tolist()).encode())
    paths = [Path(os.path.abspath(path)) for path in getattr(photos, "paths", None) or ()]
    for path in paths:
        told = f"{'/'.join(path.parts[-3:])} {path.stat().st_size} "
        digest.update(told.encode(errors="surrogateescape"))  # a file's name may be no UTF-8
    looked_at = range(0, len(photos), max(1, len(photos) // _LOOKED_AT))
    for at in () if paths or not is_steady(photos) else looked_at:
        digest.update(photos[at][0].convert("L").resize((8, 8)).tobytes())
    return f"{len(photos)} photos {digest.hexdigest()[:16]}"


def build_of(model: nn.Module) -> str:
    """A fingerprint of what a network is built of, and of what takes gradients and what is held still in it."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} ".encode())
    for name, parameter in model.named_parameters():
        digest.update(f"{name} {parameter.requires_grad} ".encode())
    for name, module in model.named_modules():
        hooks = sorted(getattr(hook, "__name__", "") for hook in module._forward_pre_hooks.values())
        digest.update(f"{name} {type(module).__name__} {hooks} ".encode())
    return f"{type(model).__name__} {digest.hexdigest()[:16]}"


def _tensors(run: Run) -> dict[str, Tensor]:
    names = {id(parameter): name for name, parameter in run.model.named_parameters()}
    moments = {
        f"{names[id(parameter)]}|{key}": value
        for parameter, state in run.optimizer.state.items()
        for key, value in state.items()
    }
    dice = {"order": run.order.get_state(), "views": run.views.get_state(), "cpu": torch.get_rng_state()}
    if run.device.type != "cpu":
        dice["device"] = torch.get_device_module(run.device).get_rng_state()
    starts = {names[id(parameter)]: start for parameter, start in run.starts.items()}
    best = run.best[1] if run.best else {}
    parts = {"model": run.model.state_dict(), "moments": moments, "dice": dice, "best": best, "starts": starts}
    return {f"{part}/{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def _split(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    parts: dict[str, dict[str, Tensor]] = {part: {} for part in ("model", "moments", "dice", "best", "starts")}
    for name, tensor in tensors.items():
        part, slash, rest = name.partition("/")
        if slash:
            parts[part][rest] = tensor
    return parts
