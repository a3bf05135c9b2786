"""Networks by name, with random weights, from the libraries that define them."""

import difflib
import importlib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from torch import nn

__all__ = ["HEADED", "HUB", "LIBRARIES", "build_architecture", "import_library", "known_names", "near_names",
           "unknown_name"]  # fmt: skip

LIBRARIES = ("timm", "torchvision")
HUB = "huggingface"
HEADED = ("ForImageClassification", "ForImageClassificationWithTeacher")
"""How the names of transformers' classifiers end: those with one head, and those with a second one for a teacher."""
_LISTS = {
    "timm": 'timm.list_models("*resnet*") lists the names with "resnet" in them.',
    "torchvision": "torchvision.models.list_models(module=torchvision.models) lists the names.",
}
_OWN = {
    "eight_layers": "chapter9_lib.models.eight_layers",
    "image_text": "chapter9_lib.models.image_text",
}
_REFUSED, _REFUSED_STARTS = ("checkpoint_path", "cache_dir", "features_only"), ("pretrained", "weights")


def import_library(name: str) -> ModuleType:
    """timm, torchvision or transformers, imported now.

    Raises:
        ImportError: when it is missing or doesn't fit the installed torch; says which, and the cure.
    """
    try:
        return importlib.import_module("torchvision.models" if name == "torchvision" else name)
    except ImportError as error:
        raise ImportError(f"{name} is needed here: pip install {name} ({error})") from error
    except RuntimeError as error:
        raise ImportError(
            f"{name} can't be imported: {error}. The installed torchvision was built for another torch "
            "(a CPU-only torch and the default torchvision wheel don't fit, for instance). "
            "Install both from the same place: pip install --force-reinstall torch torchvision"
        ) from error


def known_names(library: str) -> list[str]:
    """The image classifiers that timm or torchvision can build."""
    module = import_library(library)
    return module.list_models() if library == "timm" else module.list_models(module=module)


def near_names(name: str, names: Iterable[str], cutoff: float = 0.4) -> list[str]:
    """Up to five names like this one, the nearest first, whatever folder, owner, tag or case it was written with."""
    lower = {known.lower(): known for known in names}
    last = name.lower().rsplit("/", 1)[-1]
    bare = difflib.get_close_matches(last.split(".")[0], lower, n=5, cutoff=cutoff)
    whole = difflib.get_close_matches(last, lower, n=5, cutoff=cutoff)
    return [lower[near] for near in dict.fromkeys([*bare, *whole])][:5]


def unknown_name(name: str, library: str, names: Iterable[str]) -> ValueError:
    """The error for a name nobody knows, with the nearest ones that exist, and how to list them."""
    nearest = near_names(name, names)
    hint = f"Did you mean {', '.join(nearest)}?" if nearest else "No name comes near it."
    return ValueError(f"{library} has no model named {name!r}. {hint} {_LISTS[library]}")


def build_architecture(
    source: str,
    architecture: str,
    num_classes: int | None = None,
    create_kwargs: Mapping[str, Any] | None = None,
) -> nn.Module:
    """A network with random weights.

    Args:
        source: the library that defines it, "timm" or "torchvision", "huggingface" for transformers' classifiers, or
            "chapter9" for the few of our own.
        architecture: its name there; timm's `name.tag` picks the tag's configuration; of transformers the class.
        num_classes: outputs of its head; None keeps the library's own number.
        create_kwargs: further arguments of the library's builder (of the configuration, for transformers); none that
            read weights from elsewhere.

    Raises:
        ValueError: for an unknown library or name (naming the nearest), or arguments that are refused here or
            by the builder.
    """
    if source == "chapter9" and architecture in _OWN:
        make = getattr(importlib.import_module(_OWN[architecture]), architecture)
        return make(num_classes or 1000, **(create_kwargs or {}))
    if source == HUB:
        return _of_transformers(architecture, num_classes, create_kwargs or {})
    if source not in LIBRARIES:
        raise ValueError(f"Architectures come from {', '.join(LIBRARIES)} or {HUB}, not from {source!r}.")
    library = import_library(source)
    names = known_names(source)
    if architecture.split(".")[0] not in names:
        raise unknown_name(architecture, source, names)
    arguments = dict(create_kwargs or {})
    _refuse_loading(arguments)
    if num_classes is not None:
        arguments["num_classes"] = num_classes
    try:
        if source == "timm":
            return library.create_model(architecture, pretrained=False, **arguments)
        return library.get_model(architecture, weights=None, **arguments)
    except (TypeError, RuntimeError) as error:
        raise ValueError(f"{source} can't build {architecture!r} with {arguments}: {error}") from error


def _of_transformers(architecture: str, num_classes: int | None, create_kwargs: Mapping[str, Any]) -> nn.Module:
    _refuse_loading(create_kwargs)
    transformers = import_library("transformers")
    known = [name for name in dir(transformers) if name.endswith(HEADED) and name[0].isupper()]
    if architecture not in known:
        raise ValueError(f"transformers has no image classifier {architecture!r}. "
                         f"Near it: {', '.join(near_names(architecture, known)) or 'none'}.")  # fmt: skip
    kind = getattr(transformers, architecture)
    labels = {} if num_classes is None else {"num_labels": num_classes}
    try:
        return kind(kind.config_class(**{**create_kwargs, **labels}))
    except (AttributeError, TypeError, RuntimeError) as error:
        raise ValueError(f"transformers can't build {architecture!r} from {dict(create_kwargs)}: {error}") from error


def _refuse_loading(arguments: Mapping[str, Any]) -> None:
    """A card comes from anyone: it may say how a network is shaped, not which other files are read."""
    refused = [key for key in arguments if key in _REFUSED or key.startswith(_REFUSED_STARTS)]
    if refused:
        raise ValueError(
            f"create_kwargs must not hold {', '.join(refused)}: they may only shape the network. Its weights come "
            "from the .safetensors file beside the card, or from load_pretrained. Take them out."
        )
