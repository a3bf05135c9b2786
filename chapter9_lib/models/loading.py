"""Borrowed networks by name: bundled ones, local checkpoints, and those of timm, torchvision and Hugging Face."""

import os
from pathlib import Path

from torch import nn

from chapter9_lib.models.architectures import HUB, LIBRARIES, known_names, near_names, unknown_name
from chapter9_lib.models.head_replacement import replace_head
from chapter9_lib.models.huggingface import from_huggingface
from chapter9_lib.models.library import from_library
from chapter9_lib.models.storage import build_from_card, load_model, read_card
from chapter9_lib.paths import assets, field_dir

__all__ = ["load_pretrained", "stored_at"]


def load_pretrained(
    name: str, source: str = "timm", num_classes: int | None = None, pretrained: bool = True
) -> nn.Module:
    """A classifier with borrowed weights, carrying its own preprocessing, in evaluation mode, on the CPU.

    A checkpoint in `field_dir()/weights/SOURCE/NAME.safetensors` with its JSON card is used before any network
    (`keep_weights` puts it there).

    Args:
        name: of the model in its source, such as "resnet50"; "owner/repository" on Hugging Face. Where the command
            line and `Settings` write "timm/resnet50", the source is an argument of its own here.
        source: "bundled" (comes with the package), "timm", "torchvision" or "huggingface".
        num_classes: puts a fresh head with so many outputs on it; None keeps the head it came with.
        pretrained: False gives the same network with random weights.

    Raises:
        ValueError: for an unknown source or name (naming the nearest, and how to list them), or a checkpoint that
            is damaged or disagrees with its card.
        ConnectionError: when weights must be downloaded and can't be; says which, and what works offline.
    """
    if source not in ("bundled", *LIBRARIES, HUB):
        raise ValueError(f"source={source!r}: choose one of bundled, {', '.join(LIBRARIES)}, {HUB}")
    _refuse_source_in(name, source)
    stored = _stored(name, source)
    if stored is not None:
        model = load_model(stored) if pretrained else build_from_card(read_card(stored), stored.with_suffix(".json"))
    elif source == "bundled":
        raise _unknown_bundled(name)
    elif source == HUB:
        model = from_huggingface(name, pretrained, _offline_hint(name, source), num_classes)
    elif name.split(".")[0] not in (names := known_names(source)):
        raise _unknown(name, source, names)
    else:
        model = from_library(name, source, pretrained, _offline_hint(name, source))
    if num_classes is not None:
        replace_head(model, num_classes)
    return model.eval()


def _refuse_source_in(name: str, source: str) -> None:
    """SOURCE/NAME is how other places write it; on Hugging Face, what stands before a slash is an owner."""
    first, _, rest = name.partition("/")
    if rest and first in ("bundled", *LIBRARIES, HUB) and (source != HUB or (first == HUB and "/" in rest)):
        raise ValueError(f'{name!r} is a source and a name: load_pretrained("{rest}", source="{first}")')


def _folder(source: str) -> Path:
    return assets() / "models" if source == "bundled" else field_dir() / "weights" / source


def _stored(name: str, source: str) -> Path | None:
    path = stored_at(name, source)
    return path if path and os.path.isfile(path) else None  # unlike Path.is_file, no error in a folder closed to us


def stored_at(name: str, source: str) -> Path | None:
    """Where a checkpoint by this name is looked for first; None for what can be no name.

    Args:
        name: as for `load_pretrained`. A repository's owner is set off by two dashes.
        source: as for `load_pretrained`.
    """
    file = name.replace("/", "--", 1) if source == HUB else name
    return _folder(source) / f"{file}.safetensors" if Path(file).name == file else None


def _names(folder: Path) -> list[str]:
    found = folder.glob("*.safetensors") if os.path.isdir(folder) else ()
    return sorted(path.name.removesuffix(".safetensors") for path in found)


def _bundled() -> list[str]:
    return _names(assets() / "models")


def _unknown(name: str, source: str, names: list[str]) -> ValueError:
    error = unknown_name(name, source, [*names, *_names(_folder(source))])
    bundled = near_names(name, _bundled(), cutoff=0.8)
    return ValueError(f'{error} {bundled[0]} is bundled: source="bundled".') if bundled else error


def _unknown_bundled(name: str) -> ValueError:
    near = near_names(name, _bundled())
    guess = f"Did you mean {', '.join(near)}? " if near else ""
    return ValueError(
        f"No bundled model is named {name!r}. {guess}Bundled: {', '.join(_bundled()) or 'none yet'}. "
        f"Networks of the libraries need their source: {' or '.join(map(repr, LIBRARIES))}."
    )


def _offline_hint(name: str, source: str) -> str:
    return (
        f"Connect to the network once (chapter9 weights {source}/{name} keeps it), or put {stored_at(name, source)} "
        f'and its card there (CHAPTER9_FIELD moves that folder), or use source="bundled", which works offline '
        f"({', '.join(_bundled()) or 'none bundled yet'})."
    )
