"""Which class each output of a model stands for."""

from torch import nn

__all__ = ["class_names", "forget_classes", "known_classes", "remember_classes"]


def class_names(found: object) -> list[str] | None:
    """Names as a list of texts; None for nothing, an empty list, or something that is no list of names.

    Args:
        found: what a dataset or a model has under `.classes`; some keep a plain number there.
    """
    if isinstance(found, str) or not hasattr(found, "__len__") or not hasattr(found, "__iter__"):
        return None
    return [str(name) for name in found] or None


def known_classes(model: nn.Module) -> list[str] | None:
    """The class of each output, in their order, as the training photos or the checkpoint's card said them.

    Returns:
        The names, or None where nothing has said them, as for a head that was never trained. Fewer names than
        outputs mean that the last outputs have none.
    """
    if _has_own(model):
        return list(model.classes)
    return class_names((getattr(model, "card", None) or {}).get("classes"))


def remember_classes(model: nn.Module, classes: list[str]) -> None:
    """Note the class of each output as `model.classes`, and in `model.card`, which `save_model` stores.

    A model that keeps something else under `.classes`, a layer or a number, keeps it: its card alone says the names.
    """
    if _has_own(model) or not hasattr(model, "classes"):
        model.classes = list(classes)
    model.card = {**(getattr(model, "card", None) or {}), "classes": list(classes)}


def forget_classes(model: nn.Module) -> None:
    """Take the names away again, as from a model with a new head."""
    if _has_own(model):
        del model.classes
    if "classes" in (getattr(model, "card", None) or {}):
        model.card = {key: value for key, value in model.card.items() if key != "classes"}


def _has_own(model: nn.Module) -> bool:
    own = getattr(model, "classes", None)
    return isinstance(own, list | tuple) and len(own) > 0 and all(isinstance(name, str) for name in own)
