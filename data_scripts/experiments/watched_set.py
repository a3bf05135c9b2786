"""How much a score flatters that was told by the set one chose by (claim W1).

Sixty tries at the same head: other rates, lengths and random weights. Of k tries the one that is best on the watched
photos is kept, and told by these; beside that, what it scores on new photos of the same cameras. Flattery is the gap
between the two, less the gap that an average try has. (With two hundred, all seeds watch the same photos.)
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch

from chapter9_lib.models import freeze
from chapter9_lib.worlds import open_world, split_by_group
from data_scripts.experiments.heads import Activations, activations_of, head_accuracy
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_TRIES, _CHOSEN, _WATCHED = 60, (1, 3, 10, 30), (50, 100, 200)
_PHOTOS, _DRAWS = 200, 500


@cache
def _activations() -> Activations:
    model = freeze(open_world("lab").model(5))
    return {key: row for split in ("train", "val", "test-seen")
            for key, row in activations_of(model, photos_of(split)).items()}  # fmt: skip


def _tries(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """[tries, watched sets] and [tries]: percent right on each watched set, and on new photos."""
    random, train = np.random.default_rng(seed), photos_of("train").sample(_PHOTOS, seed=seed)
    whole = photos_of("val")
    watched = {f"{n}": whole if n == len(whole) else split_by_group(whole, n / len(whole), seed=seed)[1]
               for n in _WATCHED}  # fmt: skip
    rows = []
    for number in range(_TRIES):
        torch.manual_seed(1000 * seed + number)
        model = freeze(open_world("lab").model(5))
        rows.append(head_accuracy(
            model, _activations(), train, {**watched, "new": photos_of("test-seen")}, seed=1000 * seed + number,
            rate=float(10 ** random.uniform(-3, -1.5)), epochs=int(random.integers(5, 31)),
        ))  # fmt: skip
    return np.array([[row[f"{n}"] for n in _WATCHED] for row in rows]), np.array([row["new"] for row in rows])


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    watched, new = _tries(seed)
    random, found = np.random.default_rng(seed), {}
    for chosen in _CHOSEN:
        drawn = [random.choice(_TRIES, chosen, replace=False) for _ in range(_DRAWS)]
        for column, photos in enumerate(_WATCHED):
            best = np.array([few[watched[few, column].argmax()] for few in drawn])
            told, true = watched[best, column].mean(), new[best].mean()
            every = watched[:, column].mean() - new.mean()
            which = f"{photos} photos, {chosen} tries"
            found |= {f"told, {which}": told, f"true, {which}": true, f"flattery, {which}": told - true - every}
    return found


PLAN = Plan(
    name="watched-set",
    question="How much does a score flatter that was told by the photos one chose by?",
    claims=["W1"],
    conditions=[{"head": "linear"}],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="score",
    unit="",
    needs=lambda keys: bundled_backbone(),
    seconds=120,
)
