"""Trainings that can stop after any epoch, and go on later to the same weights."""

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

__all__ = ["Resumable", "device_words"]


class Resumable:
    """Keeps its state in a folder after each epoch.

    Args:
        folder: where the state is kept.
        settings: what decides the weights; a state that was begun with others is refused.

    Attributes:
        epoch: how many are done.
        seconds: what they took, without looking at the result.
        device: where the state is loaded to.
    """

    device = torch.device("cpu")

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder, self.settings = folder, dict(settings)
        self.epoch, self.seconds = 0, 0.0

    def parts(self) -> dict[str, Any]:
        """What has a state dict, by name."""
        raise NotImplementedError

    def epochs(self, count: int, train: Callable[[], float]) -> Iterator[float]:
        """Train epoch after epoch up to so many, the state kept after each; yields what `train` returned."""
        while self.epoch < count:
            began = time.perf_counter()
            loss = train()
            self.epoch, self.seconds = self.epoch + 1, self.seconds + time.perf_counter() - began
            self._save()
            yield loss

    def resume(self) -> None:
        """Go on from where the folder says.

        Raises:
            SystemExit: when that was begun with other settings.
        """
        saved = self.folder / "last.ckpt"
        if not saved.exists():
            return
        state = torch.load(saved, weights_only=True, map_location=self.device)
        if state["settings"] != self.settings:
            begun = f"{saved} was begun with {state['settings']}, not {self.settings}"
            raise SystemExit(f"{begun}: finish it so, or delete it.")
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.epoch, self.seconds = state["epoch"], state["seconds"]

    def _save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {name: part.state_dict() for name, part in self.parts().items()}
        state |= {"epoch": self.epoch, "seconds": self.seconds, "settings": self.settings}
        torch.save(state, self.folder / "last.part")
        (self.folder / "last.part").replace(self.folder / "last.ckpt")


def device_words(device: torch.device) -> str:
    """The device, for a card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {platform.machine()}, {torch.get_num_threads()} threads"
