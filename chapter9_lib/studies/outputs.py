"""What each stage of a network makes of photos."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import Stage, preprocessing, stages
from chapter9_lib.models.modes import evaluating
from chapter9_lib.models.tracing import call_order
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import mixed_precision, pick_device, place

__all__ = ["stage_batches", "stage_outputs"]


def stage_outputs(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """What each stage hands on, by its name, in order; the model runs once, in evaluation mode.

    Args:
        model: a classifier.
        images: as the network wants them, [N, channels, height, width], on its device.

    Returns:
        Tensors [N, ...]. Of a stage that hands on several tensors, the first.
    """
    outputs: dict[str, Tensor] = {}
    handles = [
        model.get_submodule(part).register_forward_hook(
            lambda module, args, output, name=name: outputs.update({name: _tensor(output).clone()})
        )
        for name, part in _last_parts(model).items()
    ]
    try:
        with torch.no_grad(), evaluating(model), mixed_precision(images.device):
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


def stage_batches(
    model: nn.Module, photos: Sequence[Any], *, batch_size: int = 64, device: str | torch.device | None = None
) -> Iterator[dict[str, Tensor]]:
    """`stage_outputs` for photo after photo, [n, ...] in float32, batch by batch in their order."""
    chosen = pick_device(device)
    batches = PhotoBatches(photos, preprocessing(place(model, chosen)), chosen, memory_limit=0)
    for indices in epoch_batches(len(batches), batch_size):
        outputs = stage_outputs(model, batches.batch(indices))
        yield {name: output.float() for name, output in outputs.items()}


def _last_parts(model: nn.Module) -> dict[str, str]:
    called = call_order(model)
    return {stage.name: _last_part(stage, called) for stage in stages(model)}


def _last_part(stage: Stage, called: Sequence[str]) -> str:
    """The stage's part that is entered last, or the last of its layers where the part itself never is."""
    places = [(at, name) for at, name in enumerate(called) if name in stage.parts]
    if places:
        return max(places)[1]
    inside = [name for name in called if name.startswith(tuple(f"{part}." for part in stage.parts))]
    return inside[-1] if inside else stage.parts[0]


def _tensor(output: Any) -> Tensor:  # noqa: ANN401 - what modules return
    while not isinstance(output, Tensor):
        output = output[0]
    return output
