"""Exercises of notebook 09, From fine-tuning to prompting."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import grader
from chapter9_lib.classroom.graders import n09_answers as answers
from chapter9_lib.classroom.graders.n09_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]

_ENOUGH, _LYNXES = 55, 30


@grader("n09.direction", "Every sentence has one vote, and every class one length.")
def direction(function: Callable[["Tensor"], Any]) -> str | None:
    """Normalise, average, normalise: one direction from several vectors."""
    import torch

    vectors = torch.randn(4, 7, generator=torch.Generator().manual_seed(0)) * torch.tensor([[1.0], [9], [2], [0.3]])
    got = function(vectors.clone())
    if not isinstance(got, torch.Tensor) or got.shape != (7,):
        return "From [sentences, D], one direction is wanted, a vector of D numbers."
    if torch.allclose(got, answers.direction(vectors), atol=1e-5):
        return None
    if abs(float(got.norm()) - 1) > 1e-4:
        return "The length of what comes out is not 1, so that classes would not count the same."
    return "Of these sentences the longest counts most in yours. Bring each to length 1 before you average."


@grader("n09.nearest_mean", "Not a weight was trained: a photo is compared with five means.")
def nearest_mean(function: Callable[["Tensor", "Tensor", "Tensor"], Any]) -> str | None:
    """A label for each photo: `nearest_mean(examples, labels, photos)`."""
    import torch

    random = torch.Generator().manual_seed(3)
    centres = torch.nn.functional.normalize(torch.randn(4, 5, generator=random), dim=1)
    labels = torch.tensor([0] * 9 + [1] * 3 + [2] * 2 + [3])
    spread = torch.tensor([1.1, 0.3, 0.9, 0.1])[labels, None]
    examples = torch.nn.functional.normalize(centres[labels] + spread * torch.randn(15, 5, generator=random), dim=1)
    photos = torch.nn.functional.normalize(torch.randn(200, 5, generator=random), dim=1)
    got = function(examples.clone(), labels.clone(), photos.clone())
    if not isinstance(got, torch.Tensor) or got.shape != (200,):
        return "For 200 photos, a label for each photo is wanted: a tensor of 200 whole numbers."
    if torch.equal(got.long(), answers.nearest_mean(examples, labels, photos)):
        return None
    said = {
        "means as they are": "A mean of vectors that point apart is short. Bring the means to length 1 too.",
        "sums": "In yours a class with more examples has the louder voice. Average, and bring to length 1.",
        "nearest example": "That asks the nearest example. Asked for is the nearest mean.",
        "the farthest": "That is the farthest. argmax, not argmin.",
    }
    for case, words in said.items():
        if torch.equal(got.long(), answers.WRONG["n09.nearest_mean"][case][0](examples, labels, photos)):
            return words
    wrong = int((got.long() != answers.nearest_mean(examples, labels, photos)).sum())
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
    right, lynx = 100 * found.accuracy, 100 * found.confusion[-1, -1] / found.confusion[-1].sum()
    if right <= _ENOUGH:
        said = f"{right:.0f} % right on validation photos; {_ENOUGH} are to be passed"
        return f"{said}. Which two are taken for each other?"
    if lynx < _LYNXES:
        said = f"{right:.0f} % right, but of the lynxes {lynx:.0f} %; {_LYNXES} are wanted"
        return f"{said}. What does the eye see of one first?"
    return None
