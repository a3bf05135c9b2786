"""Learning without labels: two views of a photo should be described alike, and descriptions should say much."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.models.features import head_input
from chapter9_lib.training.augmentation import Crop, augment_batch
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import grad_scaler, mixed_precision, pick_device, place, seeded
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.training.progress import progress_bar
from chapter9_lib.training.schedules import cosine

__all__ = ["pretrain_self_supervised", "vicreg_loss"]

_EPSILON = 1e-4


def vicreg_loss(
    one: Tensor, other: Tensor, *, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0
) -> Tensor:
    """Variance, invariance, covariance (Bardes et al. 2022, arXiv 2105.04906, eq. 6, by the authors' own code).

    That code divides two of the paper's terms once more: the distance of the views is a mean over the D numbers too,
    and the variance a mean of both views, not their sum.

    Two views of a photo are to be alike; each number of a description is to vary between photos, or all would soon be
    described alike; and no two numbers are to say the same.

    Args:
        one, other: descriptions [N, D] of two views of the same N photos.
        invariance, variance, covariance: how much each of the three counts.

    Raises:
        ValueError: for other shapes, or a single photo, which has no variance.
    """
    if one.shape != other.shape or one.ndim != 2 or len(one) < 2:
        raise ValueError(
            f"Descriptions [N, D] of two photos or more are wanted, not {[*one.shape]} and {[*other.shape]}"
        )
    apart = F.mse_loss(one, other)
    still = sum(F.relu(1 - (z.var(0) + _EPSILON).sqrt()).mean() for z in (one, other)) / 2
    return invariance * apart + variance * still + covariance * (_off_diagonal(one) + _off_diagonal(other))


def pretrain_self_supervised(
    model: nn.Module, photos: Sequence[Any], *, epochs: int = 50, lr: float = 1e-3, batch_size: int = 128,
    width: int = 512, zoom: float = 0.4, light: float = 0.4, flip: float = 0.5, crop: Crop = "both",
    seed: int = 0, device: str | torch.device | None = None, progress: bool = True,
) -> list[float]:  # fmt: skip
    """Train the backbone on photos without their labels, in place, by VICReg.

    A projector of two layers stands behind the features while it learns, and is thrown away. The head is not touched.

    Args:
        model: a classifier; what takes gradients in its backbone is trained.
        photos: a dataset of (PIL image, anything), or of PIL images.
        epochs: passes over them.
        lr: the highest learning rate, of AdamW, on a cosine.
        batch_size: photos a step; the variance wants some dozens.
        width: of the projector.
        zoom, light, flip, crop: how far the two views may differ; see `augment_batch`. What must not be ignored must
            not be varied: a spectrogram that is mirrored, or cropped in height, is another sound.
        seed: of the projector, the order and the views.
        device: where to; None picks.
        progress: show a bar.

    Returns:
        The mean loss of each epoch.

    Raises:
        ValueError: for fewer than two photos, in all or a step, no epoch, or when nothing in the backbone takes
            gradients.
    """
    if epochs < 1:
        raise ValueError(f"epochs={epochs}: at least 1 is wanted")
    if len(photos) < 2:
        raise ValueError(f"{len(photos)} photos: descriptions can't differ between fewer than two")
    if batch_size < 2:
        raise ValueError(f"batch_size={batch_size}: descriptions vary between two photos or more, better some dozens")
    chosen, head = pick_device(device), find_head(model)
    place(model, chosen)
    own = {id(p) for p in head.parameters()}
    if not any(p.requires_grad for p in model.parameters() if id(p) not in own):
        raise ValueError("Nothing to train: the backbone is frozen. Call unfreeze(model).")
    batches = PhotoBatches(photos, preprocessing(model), chosen)
    with seeded(chosen, seed):
        student = _Student(model, head.module, _projector(head.in_features, width).to(chosen))
        optimizer = torch.optim.AdamW(parameter_groups(student, lr, 1e-4))
        scaler, order = grad_scaler(chosen), torch.Generator().manual_seed(seed)
        look = {"zoom": zoom, "light": light, "flip": flip, "crop": crop}
        losses = []
        for epoch in progress_bar(range(epochs), "self-supervised", progress):
            model.train()
            found = []
            steps = [s for s in epoch_batches(len(batches), batch_size, order) if len(s) > 1]
            for number, indices in enumerate(steps):
                for group in optimizer.param_groups:
                    group["lr"] = lr * cosine((epoch + number / len(steps)) / epochs)
                found.append(_step(student, optimizer, scaler, _views(batches, indices, order, look)))
            losses.append(sum(found) / len(found))
    model.eval()
    return losses


def _projector(features: int, width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(features, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width))


class _Student(nn.Module):
    """From photos to descriptions; the head is never asked, and not among the parameters."""

    def __init__(self, model: nn.Module, head: nn.Module, projector: nn.Module) -> None:
        super().__init__()
        self.projector, self._whole, self._head = projector, [model], [head]

    def named_parameters(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - of nn.Module
        own = {id(p) for p in self._head[0].parameters()}
        yield from ((name, p) for name, p in self._whole[0].named_parameters() if id(p) not in own)
        yield from super().named_parameters(*args, **options)

    def forward(self, images: Tensor) -> Tensor:
        return self.projector(head_input(self._whole[0], images))


def _step(
    student: _Student, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler, views: tuple[Tensor, Tensor]
) -> float:
    with mixed_precision(views[0].device):
        one, other = (student(view) for view in views)
    loss = vicreg_loss(one.float(), other.float())
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return float(loss.detach())


def _views(
    batches: PhotoBatches, indices: Tensor, generator: torch.Generator, look: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    pixels = batches.pixels(indices).to(batches.device).float().div(255)
    one, other = (augment_batch(pixels, generator, **look) for _ in range(2))
    return batches.preparation.normalize(one), batches.preparation.normalize(other)


def _off_diagonal(z: Tensor) -> Tensor:
    """The squares of the covariances between different numbers, summed, for each number."""
    centred = z - z.mean(0)
    covariance = centred.T @ centred / (len(z) - 1)
    return (covariance.square().sum() - covariance.diagonal().square().sum()) / z.shape[1]
