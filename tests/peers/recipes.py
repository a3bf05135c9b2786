"""Ways to fine-tune a MobileNetV2 on a folder of photos: ours, a plain loop, two libraries', and no tuning at all.

Each takes the same photos and starts from the same weights; each is written as its own documentation tells one to.
All but `one_command` and `logistic_regression` make thirteen passes over the photos, the first three with the head
alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib import find_head, fine_tune, freeze_batchnorm, load_pretrained, preprocessing
from chapter9_lib.models import Preprocessing
from chapter9_lib.pipeline import Settings
from chapter9_lib.training import Phase
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field_fit import fitted_on

__all__ = ["RECIPES", "Tuned", "borrowed", "one_command"]

HEAD_EPOCHS, EPOCHS, BATCH = 3, 13, 32
LAST, BEFORE = "conv_head", "blocks.6"
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
Norms = dict[str, Tensor]


@dataclass(frozen=True)
class Tuned:
    """A trained network.

    Attributes:
        scores: from images, as the checkpoint wants them, to class scores.
        drift: how far the running means of the backbone's norms went while it was called frozen, in the running
            standard deviations that they came with; the largest of all channels.
        prepared: how it wants its photos; None: as the checkpoint does.
    """

    scores: Callable[[Tensor], Tensor]
    drift: float
    prepared: Preprocessing | None = None


def borrowed(seed: int) -> nn.Module:
    """The ImageNet MobileNetV2 of CHAPTER9_FIELD with a new head for five species."""
    torch.manual_seed(seed)
    return load_pretrained("mobilenetv2_100", source="timm", num_classes=5)


def norms_of(backbone: nn.Module) -> Norms:
    """A copy of all running statistics."""
    return {name: values.clone() for name, values in backbone.state_dict().items() if "running_" in name}


def drift_since(before: Norms, backbone: nn.Module) -> float:
    """The largest move of a running mean, in the standard deviations it came with."""
    now = backbone.state_dict()
    means = (name for name in before if name.endswith("running_mean"))
    return max(
        float(((now[name] - before[name]).abs() / before[name.replace("mean", "var")].clamp_min(1e-12).sqrt()).max())
        for name in means
    )


def ours(train: Photos, seed: int, views: int = 0) -> Tuned:
    """Gradual unfreezing with the boundary cache."""
    model, drift = freeze_batchnorm(borrowed(seed)), []
    before = norms_of(model)

    def watch(model: nn.Module, history: object) -> None:
        if len(drift) < HEAD_EPOCHS:
            drift.append(drift_since(before, model))

    phases = [Phase("head", HEAD_EPOCHS, 1e-2), Phase(LAST, 5, 1e-3, 0.1), Phase(BEFORE, 5, 1e-3, 0.1)]
    fine_tune(
        model, train, phases=phases, batch_size=BATCH, augment=views > 0, views=views, watch=watch, seed=seed,
        device="cpu", progress=False,
    )  # fmt: skip
    return Tuned(model, max(drift))


def one_command(train: Photos, test: Photos, seed: int) -> Tuned:
    """`chapter9 fit` on a table of the photos: it looks at them, holds bursts back to choose by, examines, trains,
    calibrates, scores and writes its report, all of which its seconds hold."""
    fitted = fitted_on(train, test, Settings(seed=seed, device="cpu"))
    drift = drift_since(norms_of(borrowed(seed)), fitted.model)
    network, order = fitted.model.eval(), [fitted.test.classes.index(name) for name in train.classes]
    return Tuned(lambda images: network(images)[:, order], drift, preprocessing(network))


def plain_loop(train: Photos, seed: int) -> Tuned:
    """Three phases in a plain loop, the norms in evaluation mode, timm's transform for training."""
    from timm.data import create_transform, resolve_model_data_config
    from torch.utils.data import DataLoader

    model = borrowed(seed)
    transform = create_transform(**resolve_model_data_config(model), is_training=True)
    loader = DataLoader(_Transformed(train, transform), batch_size=BATCH, shuffle=True)
    parts = [model.get_classifier(), nn.ModuleList([model.conv_head, model.bn2]), model.blocks[6]]
    before, drift = norms_of(model), 0.0
    model.requires_grad_(False)
    for number, (rates, epochs) in enumerate((((1e-3,), 3), ((1e-3, 1e-4), 5), ((5e-4, 5e-5, 1e-5), 5))):
        thawed = parts[: number + 1]
        for part in thawed:
            part.requires_grad_(True)
        groups = [{"params": list(part.parameters()), "lr": rate} for part, rate in zip(thawed, rates, strict=True)]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
        for _ in range(epochs):
            model.train()
            for module in model.modules():
                if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                    module.eval()
            for images, labels in loader:
                loss = F.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if number:
                schedule.step()
        drift = drift if number else drift_since(before, model)
    return Tuned(model, drift)


def fastai(train: Photos, seed: int) -> Tuned:
    """fastai's `fine_tune`: the head for three epochs, then everything."""
    from fastai.vision.all import (
        Callback,
        CancelValidException,
        ImageDataLoaders,
        Normalize,
        Resize,
        aug_transforms,
        set_seed,
        vision_learner,
    )  # fmt: skip

    class Watch(Callback):
        def before_validate(self) -> None:
            raise CancelValidException

        def after_fit(self) -> None:
            drift.append(drift_since(before, backbone))

    set_seed(seed)
    source, prepared = borrowed(seed), preprocessing(borrowed(seed))
    names = [train.classes[label] for label in train.labels]
    loaders = ImageDataLoaders.from_lists(
        ".", list(train.paths), names, valid_pct=0.01, seed=seed, item_tfms=Resize(256), bs=BATCH, num_workers=0,
        batch_tfms=[*aug_transforms(size=prepared.size[0]), Normalize.from_stats(prepared.mean, prepared.std)],
    )  # fmt: skip
    learner = vision_learner(
        loaders, "mobilenetv2_100", pretrained=False, normalize=False, n_out=5, **source.card["create_kwargs"]
    )
    backbone, drift = learner.model[0].model, []
    wanted = backbone.state_dict()
    backbone.load_state_dict({name: values for name, values in source.state_dict().items() if name in wanted})
    before = norms_of(backbone)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(EPOCHS - HEAD_EPOCHS, freeze_epochs=HEAD_EPOCHS, cbs=Watch())
    network, order = learner.model.eval(), [list(loaders.vocab).index(name) for name in train.classes]
    return Tuned(lambda images: network(images)[:, order], drift[0])


def lightning(train: Photos, seed: int) -> Tuned:
    """Lightning's `BackboneFinetuning`: the head for three epochs, then everything, at a tenth of its rate."""
    import lightning.pytorch as pl
    from lightning.pytorch.callbacks import BackboneFinetuning
    from timm.data import create_transform, resolve_model_data_config
    from torch.utils.data import DataLoader

    class Classifier(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            whole = borrowed(seed).train()  # Lightning leaves modes as they are
            self.head, self.backbone = find_head(whole).module, whole
            whole.reset_classifier(0)
            self.drift, self.before = 0.0, norms_of(whole)

        def forward(self, images: Tensor) -> Tensor:
            return self.head(self.backbone(images))

        def training_step(self, batch: tuple[Tensor, Tensor], number: int) -> Tensor:
            return F.cross_entropy(self(batch[0]), batch[1])

        def on_train_epoch_end(self) -> None:
            if self.current_epoch == HEAD_EPOCHS - 1:
                self.drift = drift_since(self.before, self.backbone)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.head.parameters(), lr=1e-3)

    pl.seed_everything(seed, verbose=False)
    model = Classifier()
    transform = create_transform(**resolve_model_data_config(model.backbone), is_training=True)
    loader = DataLoader(_Transformed(train, transform), batch_size=BATCH, shuffle=True)
    trainer = pl.Trainer(
        max_epochs=EPOCHS, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, callbacks=[BackboneFinetuning(HEAD_EPOCHS, lambda epoch: 1.0, initial_denom_lr=10)],
    )  # fmt: skip
    trainer.fit(model, loader)
    return Tuned(model.eval(), model.drift)


def logistic_regression(train: Photos, seed: int) -> Tuned:
    """scikit-learn's logistic regression on the features of the untouched backbone, its C chosen on held-out bursts."""
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    backbone = borrowed(seed)
    backbone.reset_classifier(0)
    transform = preprocessing(backbone).transform()
    with torch.inference_mode():
        rows = [backbone.eval()(torch.stack([transform(train[i][0]) for i in batch]))
                for batch in torch.arange(len(train)).split(BATCH)]  # fmt: skip
    features = torch.cat(rows).numpy()
    groups = range(len(train)) if train.groups is None else train.groups
    bursts = list(GroupKFold(3).split(features, train.labels, groups))
    fitted = make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=STRENGTHS, cv=bursts, max_iter=2000))
    fitted.fit(features, train.labels)
    return Tuned(lambda images: torch.from_numpy(fitted.predict_proba(backbone(images).numpy())), 0.0)


class _Transformed:
    """Photos through a transform, as a DataLoader takes them."""

    def __init__(self, photos: Photos, transform: Callable[[object], Tensor]) -> None:
        self.photos, self.transform = photos, transform

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        photo, label = self.photos[index]
        return self.transform(photo.convert("RGB")), int(label)


RECIPES: dict[str, Callable[[Photos, int], Tuned]] = {
    "ours": ours,
    "ours, 4 views": lambda train, seed: ours(train, seed, views=4),
    "plain loop": plain_loop,
    "fastai": fastai,
    "Lightning": lightning,
    "logistic regression": logistic_regression,
}
