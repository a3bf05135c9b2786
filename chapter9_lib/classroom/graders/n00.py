"""The warm-up of notebook 00, Welcome."""

from typing import Any

import numpy as np

from chapter9_lib.classroom.exercises import a_type, as_number, grader

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG"]

PHOTOS, SPECIES = 800, 5
_EACH = PHOTOS // SPECIES

REFERENCE: dict[str, Any] = {"n00.warm_up": _EACH}
WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n00.warm_up": {
        "all photos": (PHOTOS, "all five species together"),
        "number of species": (SPECIES, "number of species"),
        "multiplied": (PHOTOS * SPECIES, "shared among"),
        "divided twice": (_EACH // SPECIES, "twice"),
        "a word": ("many", "is a number"),
        "something else": (123, "Divide"),
    }
}
ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n00.warm_up": {"a NumPy number": np.int64(_EACH), "a NumPy mean": np.full(SPECIES, _EACH).mean()}
}


@grader("n00.warm_up", "160 of each. Enough for a network that starts from nothing? In 01 you will guess.")
def warm_up(answer: Any) -> str | None:  # noqa: ANN401
    """Photos of each species: 800 shared evenly among 5."""
    number = as_number(answer)
    if number is None:
        return f"The answer is a number; this is {a_type(answer)}."
    mistakes = {
        PHOTOS: "800 is all five species together.",
        SPECIES: "5 is the number of species.",
        PHOTOS * SPECIES: "4,000 would be 800 of each. The 800 are shared among the species.",
        _EACH // SPECIES: "Divided by five twice, it seems.",
    }
    return None if number == _EACH else mistakes.get(number, "Not quite. Divide the photos by the species.")
