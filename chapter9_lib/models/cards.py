"""What a checkpoint's JSON card must say, and in which form."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NEEDED", "check_card", "plain_card"]

NEEDED = ("source", "architecture", "num_classes", "mean", "std", "input_size")
"""The entries without which a network can't be built and fed."""


def check_card(card: object, where: object) -> dict[str, Any]:
    """The card, once its entries are known to be of the kind that loading needs.

    Args:
        card: what the JSON holds.
        where: the card's file, for error messages.

    Raises:
        ValueError: naming the file and the entry that is missing or of another kind, and what is wanted.
    """
    if not isinstance(card, Mapping):
        raise ValueError(f"{where} holds {_shown(card)}; an object with {', '.join(NEEDED)} is wanted")
    missing = [key for key in NEEDED if key not in card]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    for key, (fits, wanted) in _KINDS.items():
        left_out = key not in NEEDED and (key not in card or key in _MAY_BE_NULL and card[key] is None)
        if not left_out and not fits(card[key]):
            raise ValueError(f'{where}: "{key}" is {_shown(card[key])}; {wanted} is wanted')
    if len(card.get("classes") or ()) > card["num_classes"]:
        raise ValueError(f'{where}: "classes" names {len(card["classes"])}, but "num_classes" is {card["num_classes"]}')
    return dict(card)


def plain_card(card: Mapping[str, Any], where: object) -> dict[str, Any]:
    """The card as JSON will give it back: numbers and lists in place of numpy's and torch's.

    Args:
        card: about to be written.
        where: the card's file, for error messages.

    Raises:
        ValueError: naming the file and an entry that JSON can't hold.
    """
    return {key: _plain(key, value, where) for key, value in card.items()}


def _plain(key: str, value: object, where: object) -> Any:  # noqa: ANN401
    try:
        return json.loads(json.dumps(value, default=lambda odd: odd.tolist()))
    except (AttributeError, TypeError) as error:
        wanted = "texts, numbers, true, false, null, and lists and objects of them are wanted"
        raise ValueError(f'{where}: "{key}" is {value!r:.60}; {wanted}') from error


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _three(fits: Callable[[Any], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and len(value) == 3 and all(map(fits, value))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "source": (_text, "a text"),
    "architecture": (_text, "a text"),
    "num_classes": (lambda value: value == 0 or _whole(value), "a whole number (0 for a network without a head)"),
    "mean": (_three(_number), "a list of three numbers"),
    "std": (_three(lambda value: _number(value) and value > 0), "a list of three positive numbers"),
    "input_size": (_three(_whole), "a list of three positive whole numbers (channels, height, width)"),
    "create_kwargs": (lambda value: isinstance(value, Mapping), "an object"),
    "head": (lambda value: isinstance(value, Mapping), "an object"),
    "classes": (_texts, "a list of texts"),
    "interpolation": (_text, "a text"),
    "crop_pct": (_number, "a number"),
    "crop": (lambda value: isinstance(value, bool), "true or false"),
    "sha256": (_text, "a text"),
}
_MAY_BE_NULL = ("create_kwargs", "head", "classes", "crop_pct", "sha256")
