"""Exercises of notebook 03, Feature extraction."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, as_number, grader
from chapter9_lib.classroom.graders.n03_answers import FATES, REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["REFERENCE", "WRONG"]

FEATURES, HIDDEN, SPECIES = 256, 512, 5
PHOTOS, BATCH = 10, 4
Extract = Callable[["nn.Module", "Tensor", int], "Tensor"]


@grader(
    "n03.two_layer_parameters",
    "134,149: 256 × 512 + 512 in the first layer, 512 × 5 + 5 in the second. ReLU and dropout have none.",
)
def two_layer_parameters(answer: Any) -> str | None:  # noqa: ANN401
    """Trainable parameters of a head 256 -> 512 -> ReLU -> dropout -> 5, biases included."""
    number = as_number(answer)
    if number is None:
        return f"A count is a number; this is {a_type(answer)}."
    first, last = FEATURES * HIDDEN, HIDDEN * SPECIES
    mistakes = {
        first + last: "133,632 are the weights. Each layer has biases too, one for each of its outputs.",
        first + last + SPECIES: "The second layer's biases are in, the first one's are not: 512 of them.",
        first + last + HIDDEN: "The first layer's biases are in, the second one's are not: one a species.",
        (FEATURES + 1) * SPECIES: "1,285 is the linear head of notebook 01. This one has a layer in between.",
        first * SPECIES: "Multiplied through. The layers follow one another: count each by itself, then add.",
        first + last + 2 * HIDDEN + SPECIES: "512 too many. Dropout and ReLU have no parameters.",
        2048 * HIDDEN + HIDDEN + last + SPECIES: "That is the chapter's head, on 2,048 features. Our backbone has 256.",
    }
    if number == first + HIDDEN + last + SPECIES:
        return None
    if number > 2_000_000:
        return "That is about the whole network. The backbone is frozen: count the head."
    return mistakes.get(number, "Not that many. Two layers: inputs × outputs + outputs for each, then the sum.")


@grader(
    "n03.mirrored_features",
    "One row a photo, in order, in evaluation mode, without gradients, the short last batch included.",
    wants="extract(backbone, images, batch_size)",
)
def mirrored_features(extract: Extract) -> str | None:
    """Mean features of photos and their mirror images: `extract(backbone, images, batch_size)` on a toy backbone."""
    return _extracted(extract, BATCH) or _extracted(extract, 1)


def _extracted(extract: Extract, batch_size: int) -> str | None:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        backbone, images = _toy(), torch.rand(PHOTOS, 3, 8, 12)
        calls: list[tuple[int, bool]] = []
        hook = backbone.register_forward_pre_hook(lambda module, args: calls.append((len(args[0]), module.training)))
        got = extract(backbone, images.clone(), batch_size)
        hook.remove()
        return _misused(got, calls, batch_size) or _mistaken(got, backbone.eval(), images)


def _toy() -> "nn.Sequential":
    """A tiny backbone in training mode, as a freshly built one is: norms and dropout answer differently in it."""
    from torch import nn

    norm = nn.BatchNorm2d(4)
    norm.running_mean.fill_(0.3)
    layers = (nn.Conv2d(3, 4, 3, stride=2), norm, nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(60, 6))
    return nn.Sequential(*layers).train()


def _misused(got: Any, calls: list[tuple[int, bool]], batch_size: int) -> str | None:  # noqa: ANN401
    """How the backbone was called, and what came back."""
    from torch import Tensor

    if isinstance(got, (list, tuple)):
        return f"extract returned {a_type(got)} of batches. torch.cat makes one tensor of them."
    if not isinstance(got, Tensor):
        return f"extract should return a tensor; this is {a_type(got)}."
    if not calls:
        return "The backbone was never asked."
    if any(training for _, training in calls):
        return "The backbone ran in training mode: dropout was on, and its norms moved. Call backbone.eval() first."
    if got.requires_grad:
        return "The features hold on to the whole graph behind them, and to its memory. Use torch.no_grad()."
    largest = max(size for size, _ in calls)
    if largest >= PHOTOS > 2 * batch_size:
        return f"All {PHOTOS} photos went in at once. With 800 large ones the memory is gone: keep to batch_size."
    if not batch_size <= largest <= 2 * batch_size:
        return (
            f"{largest} went in at a time where batch_size is {batch_size}. Whoever calls it knows what memory holds."
        )
    return None


def _mistaken(got: "Tensor", backbone: "nn.Module", images: "Tensor") -> str | None:
    """The mistake by name, where the rows give it away."""
    import torch

    with torch.no_grad():
        plain, mirrored, flipped = (backbone(view) for view in (images, images.flip(-1), images.flip(-2)))
        blended = backbone((images + images.flip(-1)) / 2)
    right = (plain + mirrored) / 2
    if got.shape != right.shape:
        return _misshapen(tuple(got.shape), *right.shape)
    known = {
        "That is the photos alone. Where is the mirror image?": plain,
        "Those are the mirror images alone. The mean of both is wanted.": mirrored,
        "You turned the photos upside down. Width is the last dimension: flip(-1).": (plain + flipped) / 2,
        "That is the sum of the two. The mean is half of it.": 2 * right,
        "You blended the two photos and asked once. Ask twice, then take the mean of the answers.": blended,
    }
    if torch.allclose(got, right, atol=1e-5):
        return None
    for message, rows in known.items():
        if torch.allclose(got, rows, atol=1e-5):
            return message
    if torch.allclose(got.sort(0).values, right.sort(0).values, atol=1e-5):
        return "The right rows in another order: the labels no longer fit. Go through the photos as they come."
    return "These are not the mean features of each photo and its mirror image. Compare one row by hand."


def _misshapen(shape: tuple[int, ...], rows: int, width: int) -> str:
    """The mistake by the shape that came out."""
    if shape == (rows // BATCH * BATCH, width):
        return f"{shape[0]} rows for {rows} photos: the last batch is a short one, and it went missing."
    if shape == (2 * rows, width):
        return f"{2 * rows} rows for {rows} photos: the mirror images have rows of their own. Take the mean of the two."
    if shape == (rows, 2 * width):
        return f"The shape is {shape}: the two stand side by side. Their mean is no wider than the features, {width}."
    return f"The shape is {shape}. The mean of the two is one row a photo, as wide as the features: {(rows, width)}."


_WHY = {
    ("A", "silent"): "A does train: in a ResNet fc is the head, and it was set after the freezing.",
    ("A", "error"): "A runs: in a ResNet fc is the head, and a new layer is trainable by itself.",
    ("B", "works"): "B: a MobileNet never calls its fc. The old head answers, and an idle layer is trained.",
    ("B", "error"): "B runs: the backbone was not frozen, so backward() finds gradients. No optimizer uses them.",
    ("C", "works"): "C: a MobileNet never calls its fc, so the new layer learns nothing.",
    ("C", "silent"): "C is in luck: all that is used is frozen, so backward() finds nothing to do, and says so.",
    ("D", "works"): "D freezes after the swap, the new head included. What is left for the optimizer?",
    ("D", "silent"): "D hands the optimizer an empty list, and the optimizer says so.",
    ("E", "works"): "E: the optimizer was given the old layer, and keeps it. The new one never moves.",
    ("E", "error"): "E runs: the new layer has gradients, so backward() is content. Who takes the step?",
}


@grader(
    "n03.five_snippets",
    "All five. The loud two are the lucky ones; B and E would have run through the night.",
)
def five_snippets(answer: Any) -> str | None:  # noqa: ANN401
    """What becomes of each of five ways to swap a head: {"A": "works" | "error" | "silent", …}."""
    if not isinstance(answer, dict) or not answer:
        return 'The answer is a dictionary: {"A": "works", "B": …}.'
    given = {str(letter).upper(): fate for letter, fate in answer.items()}
    if missing := [letter for letter in FATES if given.get(letter, ...) in (..., None)]:
        return f"Still without an answer: {', '.join(missing)}."
    for letter, fate in FATES.items():
        if given[letter] not in ("works", "error", "silent"):
            return f'{letter}: one of "works", "error", "silent" is wanted, not {given[letter]!r}.'
        if given[letter] != fate:
            return _WHY[letter, given[letter]]
    return None
