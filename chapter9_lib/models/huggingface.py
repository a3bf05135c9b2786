"""Image classifiers from the Hugging Face hub: those of transformers, and those that timm keeps there."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from chapter9_lib.models.architectures import HEADED, build_architecture, import_library
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.image_processors import preprocessing_of
from chapter9_lib.models.offline import is_local, quick_when_offline
from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["from_huggingface"]

_WANTED = ["config.json", "preprocessor_config.json", "model.safetensors", "model.safetensors.index.json",
           "model-*-of-*.safetensors", "README.md"]  # fmt: skip


def from_huggingface(name: str, pretrained: bool, offline_hint: str, num_classes: int | None = None) -> nn.Module:
    """A classifier from the hub, or from its download cache, with its preprocessing, classes and card attached.

    Weights are read from safetensors only, and no code of the repository is run.

    Args:
        name: "owner/repository", perhaps with "@revision".
        pretrained: False gives the same network with random weights (its configuration is still looked up).
        offline_hint: the end of the message when it can't be had.
        num_classes: outputs wanted. With it, a repository without a classification head will do.

    Raises:
        ValueError: when there is no such repository, its weights are pickled, or it holds no image classifier.
        ConnectionError: when it is neither on this machine nor can be downloaded.
    """
    repository, _, revision = name.partition("@")
    folder = _folder(repository, revision or None, pretrained, offline_hint)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if "architecture" in config and "model_type" not in config:
        return _from_timm(name, folder, config, pretrained)
    return _from_transformers(name, folder, pretrained, num_classes)


def _folder(repository: str, revision: str | None, pretrained: bool, offline_hint: str) -> Path:
    """The repository's small files and its tensors, on this machine."""
    from huggingface_hub import errors, snapshot_download

    wanted = _WANTED if pretrained else [file for file in _WANTED if "safetensors" not in file]
    try:
        with quick_when_offline():
            folder = Path(snapshot_download(repository, revision=revision, allow_patterns=wanted))
    except errors.GatedRepoError as error:
        raise ValueError(f"{repository} asks for its terms to be accepted, on its page and with a token") from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        where = f"{repository!r} at {revision!r}" if revision else repr(repository)
        raise ValueError(
            f"Hugging Face has no {where}, or it is private; names are written owner/repository"
        ) from error
    except OSError as error:
        if is_local(error):
            raise
        raise ConnectionError(
            f"{repository} of Hugging Face is not on this machine and can't be downloaded "
            f"({type(error).__name__}: {str(error).splitlines()[0].split('. ')[0]}). {offline_hint}"
        ) from error
    if not (folder / "config.json").is_file():
        raise ValueError(f"{repository} has no config.json: it doesn't say what it is")
    if pretrained and not any(folder.glob("*.safetensors")):
        raise ValueError(f"{repository} has no safetensors: other files of weights may run code, and are not read")
    return folder


def _from_timm(name: str, folder: Path, config: Mapping[str, Any], pretrained: bool) -> nn.Module:
    timm = import_library("timm")
    kwargs, classes = dict(config.get("model_args") or {}), config.get("num_classes")
    model = build_architecture("timm", config["architecture"], classes, kwargs)
    wanted = config.get("pretrained_cfg") or {}
    model.pretrained_cfg = model.default_cfg = {**model.pretrained_cfg, **wanted}
    if pretrained:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise ValueError(f"{name} has no model.safetensors; other files of weights may run code, and are not read")
        timm.models.load_checkpoint(model, str(weights))
    model.card = {"source": "timm", "architecture": config["architecture"], "create_kwargs": kwargs,
                  "num_classes": model.num_classes, "repository": name, **_licence(folder)}  # fmt: skip
    model.preprocessing = Preprocessing.from_card(model.pretrained_cfg)
    if names := config.get("label_names"):
        remember_classes(model, list(names))
    return model


def _from_transformers(name: str, folder: Path, pretrained: bool, num_classes: int | None) -> nn.Module:
    transformers = import_library("transformers")
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
    own = next((kind for kind in config.architectures or () if kind.endswith(HEADED)), None)
    if own is None and num_classes is None:
        raise ValueError(f"{name} comes without a head for classes: say num_classes=... to put a fresh one on it")
    kind = getattr(transformers, own or _classifier_for(name, config.model_type))
    model = _load(kind, folder, config, complete=own is not None) if pretrained else kind(config)
    processor = transformers.AutoImageProcessor.from_pretrained(
        folder, trust_remote_code=False, **_by_pillow(transformers)
    )
    model.preprocessing = preprocessing_of(processor, name)
    model.card = {"source": "huggingface", "architecture": kind.__name__, "create_kwargs": _shape(config),
                  "num_classes": config.num_labels, "repository": name, **_licence(folder)}  # fmt: skip
    names = [str(config.id2label.get(number, "")) for number in range(config.num_labels)]
    if own and names != [f"LABEL_{number}" for number in range(len(names))]:
        remember_classes(model, names)
    return model


def _classifier_for(name: str, model_type: str) -> str:
    """transformers' class that puts a head on this kind of backbone."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as KINDS

    if model_type not in KINDS:
        raise ValueError(f"{name} is a {model_type}; transformers has no image classifier of that kind")
    found = KINDS[model_type]
    return found if isinstance(found, str) else found[0]


def _load(kind: Any, folder: Path, config: Any, complete: bool) -> nn.Module:  # noqa: ANN401 - transformers' classes
    model, told = kind.from_pretrained(folder, config=config, use_safetensors=True, output_loading_info=True)
    if complete and told["missing_keys"]:
        missing = ", ".join(sorted(told["missing_keys"])[:4])
        raise ValueError(f"{folder} lacks {missing}: it is damaged, or another network's. Fetch it again")
    return model.float()


def _by_pillow(transformers: ModuleType) -> dict[str, Any]:
    """How a version of transformers is told to prepare photos with Pillow, as its checkpoints' authors did."""
    return {"backend": "pil"} if int(transformers.__version__.split(".")[0]) >= 5 else {"use_fast": False}


def _shape(config: Any) -> dict[str, Any]:  # noqa: ANN401 - transformers' configuration
    """What of the configuration shapes the network, as plain JSON."""
    said = json.loads(config.to_json_string(use_diff=True))
    unneeded = {"architectures", "id2label", "label2id", "num_labels", "model_type", "dtype", "torch_dtype",
                "transformers_version", "_name_or_path"}  # fmt: skip
    return {key: value for key, value in said.items() if key not in unneeded}


def _licence(folder: Path) -> dict[str, str]:
    from huggingface_hub import ModelCard

    page = folder / "README.md"
    licence = ModelCard.load(page).data.get("license") if page.is_file() else None
    return {"licence": str(licence)} if licence else {}
