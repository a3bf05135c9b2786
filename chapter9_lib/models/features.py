"""What a network makes of photos before its head says a word."""

from typing import Any

from torch import Tensor, nn

from chapter9_lib.models.heads import find_head

__all__ = ["Headless", "head_input"]


class _Entered(Exception):
    """The head has been reached; nothing behind it need run."""


def head_input(model: nn.Module, images: Tensor) -> Tensor:
    """What enters the head, [N, features]; nothing behind that point is run.

    Args:
        model: in the mode it is to be run in. Gradients flow as in its own forward pass.
        images: as the network wants them, on its device.

    Raises:
        ValueError: when it has no head, or never calls it.
    """
    found: list[Tensor] = []

    def enter(module: nn.Module, args: tuple[Any, ...]) -> None:
        found.append(args[0])
        raise _Entered

    hook = find_head(model).module.register_forward_pre_hook(enter, prepend=True)
    try:
        model(images)
    except _Entered:
        return found[0].flatten(1)
    finally:
        hook.remove()
    raise ValueError(f"{type(model).__name__} never calls its head")


class Headless(nn.Module):
    """A network without its head, as a module: from images to features [N, features].

    Args:
        model: shares its weights.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """What enters the model's head, [N, features]."""
        return head_input(self.model, images)
