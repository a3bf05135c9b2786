"""A classifier made of words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.modes import evaluating

__all__ = ["ZeroShot", "zero_shot"]

Prompts = Mapping[str, str | Sequence[str]]


class ZeroShot(nn.Module):
    """Names the class whose description lies nearest to a photo.

    Args:
        encode: from prepared photos to vectors [N, D], as a module.
        directions: unit vectors of the classes, [C, D].
        scale: what cosines are multiplied by.

    Attributes:
        head: the classes' directions, as a linear layer without bias: it can be trained on, like any head.
    """

    def __init__(self, encode: nn.Module, directions: Tensor, scale: float) -> None:
        super().__init__()
        self.encode = encode
        shape = {"in_features": directions.shape[1], "out_features": len(directions), "bias": False}
        self.head = torch.nn.utils.skip_init(nn.Linear, **shape, device=directions.device)
        with torch.no_grad():
            self.head.weight.copy_(scale * directions)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [N, C]."""
        vectors = F.normalize(self.encode(images).flatten(1), dim=1)
        return self.head(vectors.to(self.head.weight.dtype))


def zero_shot(
    model: nn.Module, prompts: Prompts, *, templates: Sequence[str] = ("{}",),
    tokenizer: Callable[[list[str]], Any] | None = None,
) -> ZeroShot:  # fmt: skip
    """A classifier for classes that are only described, never shown (Radford et al. 2021, arXiv 2103.00020, 3.1).

    Of each class every description is put into every template; the texts' vectors are normalised, averaged, and
    normalised again, as open_clip's `build_zero_shot_classifier` does.

    Args:
        model: an image–text model: the lab's, open_clip's, or a CLIP of Hugging Face's transformers.
        prompts: {class: a description, or several}.
        templates: what each description is put into, in place of {}.
        tokenizer: what makes tokens of texts, for open_clip's and transformers' models; the lab's has its own.

    Returns:
        A classifier that carries the names of the classes; it shares the model's image tower, which keeps its mode.
        For `evaluate` and `predict` it also needs a preprocessing: the lab's model has one; with others set
        `classifier.preprocessing = Preprocessing(size, mean, std)` from their own transform.

    Raises:
        ValueError: when there is no class, a class has no description, a template has no {}, a tokenizer is missing,
            or a word is unknown.
        TypeError: for a model that knows no texts, or names alone in place of prompts.
    """
    if not isinstance(prompts, Mapping):
        raise TypeError(f"prompts: a description for each class is wanted, {{'fox': 'a red fox'}}, not {prompts!r}")
    described = {name: [texts] if isinstance(texts, str) else list(texts) for name, texts in prompts.items()}
    if not described or not all(described.values()):
        raise ValueError("Every class needs a description: zero_shot(model, {'badger': 'a grey animal with ...'})")
    wrong = [template for template in templates if "{}" not in template]
    if wrong or not templates:
        raise ValueError(f"A template holds {{}} where the description goes; got {wrong or 'none'}")
    with torch.no_grad(), evaluating(model):
        directions = torch.stack([
            _direction(model, [template.replace("{}", text) for text in texts for template in templates], tokenizer)
            for texts in described.values()
        ])  # fmt: skip
    classifier = ZeroShot(_image_tower(model), directions, _scale(model))
    if hasattr(model, "preprocessing"):
        classifier.preprocessing = model.preprocessing
    remember_classes(classifier, list(described))
    with evaluating(model):
        return classifier.eval()


def _direction(model: nn.Module, texts: list[str], tokenizer: Callable[[list[str]], Any] | None) -> Tensor:
    return F.normalize(F.normalize(_encoded(model, texts, tokenizer).float(), dim=1).mean(0), dim=0)


def _encoded(model: nn.Module, texts: list[str], tokenizer: Callable[[list[str]], Any] | None) -> Tensor:
    if hasattr(model, "encode_texts"):
        return model.encode_texts(texts)
    if not hasattr(model, "encode_text") and not hasattr(model, "get_text_features"):
        raise TypeError(f"{type(model).__name__} knows no texts: an image-text model is wanted, such as lab-clip")
    if tokenizer is None:
        raise ValueError("A tokenizer is wanted: open_clip.get_tokenizer(name), or transformers' AutoTokenizer")
    device = next(model.parameters()).device
    if hasattr(model, "encode_text"):
        return model.encode_text(tokenizer(texts).to(device))
    return _features(model.get_text_features(**tokenizer(texts, padding=True, return_tensors="pt").to(device)))


def _image_tower(model: nn.Module) -> nn.Module:
    if hasattr(model, "encode_texts"):
        return model.image
    return _Tower(model)


class _Tower(nn.Module):
    """The image side of open_clip's and transformers' models."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        if hasattr(self.model, "encode_image"):
            return self.model.encode_image(images)
        return _features(self.model.get_image_features(pixel_values=images))


def _features(output: Any) -> Tensor:  # noqa: ANN401 - a tensor, or an output object of newer transformers
    return output if isinstance(output, Tensor) else output.pooler_output


def _scale(model: nn.Module) -> float:
    learned = next((getattr(model, name) for name in ("log_scale", "logit_scale") if hasattr(model, name)), None)
    return 1.0 if learned is None else float(learned.detach().exp())
