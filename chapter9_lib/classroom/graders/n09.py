"""Exercises of notebook 09, From fine-tuning to prompting."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, as_array, grader
from chapter9_lib.classroom.graders import n09_answers as answers
from chapter9_lib.classroom.graders.n09_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]

_ENOUGH, _LYNXES = 55, 30


@grader(
    "n09.direction",
    "Every sentence has one vote, and every class one length.",
    wants="direction(vectors)",
)
def direction(function: Callable[["Tensor"], Any]) -> str | None:
    """Normalise, average, normalise: one direction from several vectors."""
    import torch

    vectors = torch.randn(4, 7, generator=torch.Generator().manual_seed(0)) * torch.tensor([[1.0], [9], [2], [0.3]])
    said = function(vectors.clone())
    found = as_array(said)
    if found is None or found.shape != (7,):
        told = a_type(said) if found is None else f"of shape {found.shape}"
        return f"From [4, 7], four sentences, one direction is wanted, a vector of 7 numbers; this is {told}."
    got = torch.as_tensor(found, dtype=vectors.dtype)
    if torch.allclose(got, answers.direction(vectors), atol=1e-5):
        return None
    if abs(float(got.norm()) - 1) > 1e-4:
        return "The length of what comes out is not 1, so that classes would not count the same."
    if torch.allclose(got, answers.WRONG["n09.direction"]["at the end alone"][0](vectors), atol=1e-5):
        return "Of these sentences the longest counts most in yours. Bring each to length 1 before you average."
    return "The length is 1, but it points elsewhere than the mean of the rows does, each row brought to length 1."


@grader(
    "n09.nearest_mean",
    "Not a weight was trained: a photo is compared with five means.",
    wants="nearest_mean(examples, labels, photos)",
)
def nearest_mean(function: Callable[["Tensor", "Tensor", "Tensor"], Any]) -> str | None:
    """A label for each photo: `nearest_mean(examples, labels, photos)`."""
    import torch

    random = torch.Generator().manual_seed(3)
    centres = torch.nn.functional.normalize(torch.randn(4, 5, generator=random), dim=1)
    labels = torch.tensor([0] * 9 + [1] * 3 + [2] * 2 + [3])
    spread = torch.tensor([1.1, 0.3, 0.9, 0.1])[labels, None]
    examples = torch.nn.functional.normalize(centres[labels] + spread * torch.randn(15, 5, generator=random), dim=1)
    photos = torch.nn.functional.normalize(torch.randn(200, 5, generator=random), dim=1)
    told = function(examples.clone(), labels.clone(), photos.clone())
    found = as_array(told)
    if found is None or found.shape != (200,):
        kind = a_type(told) if found is None else f"of shape {found.shape}"
        return f"For 200 photos, a label for each photo is wanted, 200 whole numbers; this is {kind}."
    return _misnamed(torch.as_tensor(found).long(), examples, labels, photos)


def _misnamed(got: "Tensor", examples: "Tensor", labels: "Tensor", photos: "Tensor") -> str | None:
    import torch

    if torch.equal(got, answers.nearest_mean(examples, labels, photos)):
        return None
    said = {
        "means as they are": "A mean of vectors that point apart is short. Bring the means to length 1 too.",
        "sums": "In yours a class with more examples has the louder voice. Average, and bring to length 1.",
        "nearest example": "That asks the nearest example. Asked for is the nearest mean.",
        "the farthest": "That is the farthest. argmax, not argmin.",
    }
    for case, words in said.items():
        if torch.equal(got, answers.WRONG["n09.nearest_mean"][case][0](examples, labels, photos)):
            return words
    wrong = int((got != answers.nearest_mean(examples, labels, photos)).sum())
    return f"{wrong} of 200 photos get another label than the nearest mean has."


@grader("n09.words", "Your sentences name animals that this network has never met.")
def words(answer: Any) -> str | None:  # noqa: ANN401
    """A description of each species, in words that lab-clip knows."""
    from chapter9_lib import evaluate, load_pretrained, open_world
    from chapter9_lib.models import zero_shot

    world = open_world("lab")
    if not isinstance(answer, dict):
        return 'The answer is a dictionary: {"red fox": "…", …}.'
    if missing := [species for species in world.species if answer.get(species, ...) in (..., None, "")]:
        return f"Still without a sentence: {', '.join(missing)}."
    said = [answer[species] for species in world.species]
    if twice := [species for species, one in zip(world.species, said, strict=True) if said.count(one) > 1]:
        return f"You say the same of {' and '.join(twice[:2])}: no photo can tell them apart by that."
    try:
        model = load_pretrained("lab-clip", source="bundled")
        classifier = zero_shot(model, {species: answer[species] for species in world.species})
    except ValueError as error:
        return str(error)
    found = evaluate(classifier, world.photos("val"))
    return _too_few(100 * found.accuracy, 100 * found.confusion[-1, -1] / found.confusion[-1].sum())


def _too_few(right: float, lynx: float) -> str | None:
    """What is said of too small shares; they are of whole photos, and 55 % is 55 % whatever the last digit says."""
    if right <= _ENOUGH + 1e-6:
        said = f"{right:.1f} % right on validation photos; more than {_ENOUGH} are wanted"
        return f"{said}. Which two are taken for each other?"
    if lynx < _LYNXES - 1e-6:
        said = f"{right:.1f} % right, but of the lynxes {lynx:.1f} %; at least {_LYNXES} are wanted"
        return f"{said}. What does the eye see of one first?"
    return None
