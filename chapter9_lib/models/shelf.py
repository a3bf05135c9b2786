"""A folder of weights for rooms without internet: what is kept there is found before any network is asked."""

from dataclasses import dataclass
from pathlib import Path

from chapter9_lib.models.architectures import HUB, LIBRARIES
from chapter9_lib.models.loading import load_pretrained, stored_at
from chapter9_lib.models.storage import read_card, save_model
from chapter9_lib.paths import field_dir

__all__ = ["Kept", "keep_weights", "kept_weights"]


@dataclass(frozen=True)
class Kept:
    """A checkpoint on the shelf.

    Attributes:
        source: "timm", "torchvision" or "huggingface".
        name: as `load_pretrained` takes it.
        path: of the tensors.
        bytes: of the tensors.
        licence: as its card says it; None where it doesn't.
    """

    source: str
    name: str
    path: Path
    bytes: int
    licence: str | None


def keep_weights(name: str, source: str = "timm") -> Path:
    """Put a network's weights into `field_dir()/weights`, where `load_pretrained` looks first.

    Args:
        name, source: as for `load_pretrained`.

    Returns:
        The path of the tensors; what is there already is left as it is.

    Raises:
        ValueError: for a bundled network, or an unknown name.
        ConnectionError: when it can't be downloaded.
        OSError: when the folder can't be written; nothing half-written stays behind.
    """
    if source == "bundled":
        raise ValueError("Bundled networks are on every machine already: there is nothing to keep")
    path = stored_at(name, source)
    if path is not None and path.is_file():
        return path
    model = load_pretrained(name, source)
    assert path is not None, "what load_pretrained finds has a place"
    return save_model(model, path)


def kept_weights() -> list[Kept]:
    """All checkpoints in `field_dir()/weights`, by source and name.

    Raises:
        ValueError: for a card that can't be read, naming the file.
    """
    found = []
    for source in (*LIBRARIES, HUB):
        for path in sorted((field_dir() / "weights" / source).glob("*.safetensors")):
            card = read_card(path)
            name = path.name.removesuffix(".safetensors")
            name = name.replace("--", "/", 1) if source == HUB else name
            found.append(Kept(source, name, path, path.stat().st_size, card.get("licence") or card.get("license")))
    return found
