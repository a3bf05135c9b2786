"""How a run is made: everything that is needed to make it again."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from chapter9_lib.given import real_number, whole_number

__all__ = ["STRATEGIES", "Settings"]

STRATEGIES = ("auto", "head", "gradual", "full", "afresh")


@dataclass(frozen=True)
class Settings:
    """The choices of a run.

    Attributes:
        network: "SOURCE/NAME", such as "timm/resnet50"; "auto": timm's MobileNetV2, or the bundled network where that
            can't be had.
        strategy: "head" trains the head alone; "gradual" the head, then the last stages as well; "full" everything
            after the head; "afresh" draws the last two fifths of the stages anew and trains everything at one rate, the
            norms alive, for photos of which the network knows next to nothing and that look unlike its own (measured in
            13, for networks with batch norms); "auto" does what is advised (`advise`), but doesn't keep a CPU busy for
            long.
        thawed: how many stages "gradual" thaws.
        head_epochs: with the head alone.
        epochs: with more than the head; "afresh" trains everything for both together.
        head_lr: highest learning rate of the head while it is trained alone.
        lr: highest learning rate of the head, and so of the last stage but for `layer_decay`, once stages are thawed;
            None: 1e-3 for networks with batch norms, 1e-4 for others, which such rates would break.
        layer_decay: from each stage to the one before it.
        patience: None: a phase that ends worse on the validation photos than the one before is undone; a number: each
            phase ends after so many epochs without a lower validation loss, and the best epoch's weights are put back.
            With too few validation photos (`too_few`) the last epoch's are kept in any case.
        batch_size: photos a step.
        views: random views that are made of each training photo once, so that frozen stages are run once as well; 0: a
            new view each time, once stages are thawed; None: 4, but none where the head stays alone, for they take
            several passes and nothing thaws that could learn from them; and 0 where all is trained from the start
            ("afresh"), or they take more than a gigabyte.
        weight_decay: of AdamW.
        refit: once all is chosen by the validation photos, train once more from the start on these photos too.
        val, test: shares of the photos.
        by: what stays together, "camera" or "burst"; None decides.
        whole: squeeze the whole frame into what the network sees, instead of its usual crop of the middle: the animal
            may stand at the edge.
        seed: of the split, the head, other fresh weights, and the order of the photos.
        device: where to train; None picks.

    Raises:
        ValueError: for a choice that there isn't, or a number that makes no sense; names the setting.
        TypeError: for counts that are not whole, or texts in place of numbers.
    """

    network: str = "auto"
    strategy: str = "auto"
    thawed: int = 2
    head_epochs: int = 15
    epochs: int = 10
    head_lr: float = 1e-2
    lr: float | None = None
    layer_decay: float = 0.6
    patience: int | None = None
    batch_size: int = 32
    views: int | None = None
    weight_decay: float = 0.01
    refit: bool = True
    val: float = 0.15
    test: float = 0.2
    by: str | None = None
    whole: bool = True
    seed: int = 0
    device: str | None = None

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise ValueError(f"strategy={self.strategy!r}: choose one of {', '.join(STRATEGIES)}")
        self._require_whole()
        counts = {key: getattr(self, key) for key in ("thawed", "head_epochs", "epochs", "patience", "batch_size")}
        small = [key for key, count in counts.items() if count is not None and count < 1]
        if small:
            raise ValueError(f"{small[0]}={counts[small[0]]}: at least 1 is wanted")
        if self.by not in (None, "camera", "burst"):
            raise ValueError(f"by={self.by!r}: camera or burst is wanted")
        self._require_numbers()
        if self.network != "auto" and "/" not in self.network:
            raise ValueError(f"network={self.network!r}: write SOURCE/NAME, such as timm/{self.network}")

    def _require_whole(self) -> None:
        for key in ("thawed", "head_epochs", "epochs", "patience", "batch_size", "views", "seed"):
            if getattr(self, key) is not None or key not in ("patience", "views"):
                object.__setattr__(self, key, whole_number(key, getattr(self, key)))  # numpy's numbers are none to JSON

    def _require_numbers(self) -> None:
        rates = {"head_lr": self.head_lr, "lr": self.lr, "layer_decay": self.layer_decay}
        shares = {"weight_decay": self.weight_decay, "val": self.val, "test": self.test}
        for key, number in (rates | shares).items():
            if number is not None or key != "lr":
                object.__setattr__(self, key, real_number(key, number))
        if wrong := [key for key, rate in rates.items() if rate is not None and not 0 < rate < math.inf]:
            raise ValueError(f"{wrong[0]}={rates[wrong[0]]}: a number above 0 is wanted")
        if self.layer_decay > 1:
            raise ValueError(f"layer_decay={self.layer_decay}: a share in (0, 1] is wanted")
        others = {"weight_decay": self.weight_decay, "seed": self.seed, "views": self.views or 0}
        if wrong := [key for key, number in others.items() if not 0 <= number < math.inf]:
            raise ValueError(f"{wrong[0]}={others[wrong[0]]}: at least 0 is wanted")

    def to_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Settings":
        """The other way.

        Raises:
            ValueError: for a name that is none.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"No setting is called {unknown[0]!r}; there are {', '.join(sorted(known))}")
        return cls(**given)
