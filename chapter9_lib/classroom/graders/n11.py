"""Exercises of notebook 11, Model hubs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, grader
from chapter9_lib.classroom.graders import n11_answers as answers
from chapter9_lib.classroom.graders.n11_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from chapter9_lib.models import Listed

__all__ = ["REFERENCE", "WRONG"]


@grader("n11.heads", "Five networks, five names. From now on let find_head look them up.")
def heads(answer: Any) -> str | None:  # noqa: ANN401
    """The attribute that the last layer of each network is."""
    if not isinstance(answer, dict):
        return 'The answer is a dictionary: {"timm/resnet50": "…", …}.'
    told = {name: answer.get(name) for name in answers.HEADS}
    if missing := [name for name, given in told.items() if given in (..., None) or not str(given).strip()]:
        return f"Still without an answer: {missing[0]}."
    for name, right in answers.HEADS.items():
        given = told[name]
        if not isinstance(given, str):
            return f"{name}: a name, in quotes, is wanted; this is {a_type(given)}."
        if given.strip() == right:
            continue
        if right.startswith(f"{given.strip()}."):
            inside = {"classifier.1": "A dropout and a layer", "head.fc": "There pooling, a norm and a layer"}[right]
            return f"{name}: {given} holds more. {inside} are in it: name the layer."
        return (
            f"{name} has no {given} that is its last layer. Print the end of the model, or ask find_head(model).name."
        )
    return None


@grader(
    "n11.allowed",
    "What says nothing allows nothing; and -nc- in a name is a different licence.",
    wants="allowed(checkpoints, licences)",
)
def allowed(function: Callable[[Sequence["Listed"], set[str]], Any]) -> str | None:
    """Names of the checkpoints that may be used: `allowed(checkpoints, licences)`."""
    from chapter9_lib.models import Listed

    said = {"a": "apache-2.0", "b": None, "c": "cc-by-nc-4.0", "d": "mit", "e": "cc-by", "f": "unknown"}
    found = [Listed("timm", name, None, None, licence) for name, licence in said.items()]
    got, wanted = function(list(found), {"apache-2.0", "mit", "cc-by"}), ["a", "d", "e"]
    if not isinstance(got, (list, tuple, set)):
        return f"A list of names is wanted; this is {a_type(got)}."
    if any(isinstance(one, Listed) for one in got):
        return "Those are the checkpoints; their names are wanted: one.name."
    if sorted(got) == wanted:
        return None
    if len(got) == len(found):
        return "Everything is allowed, says yours. Look at one.licence."
    if "b" in got:
        return "b says nothing of its licence. That is no permission." if "a" in got else (
            "You kept those that are to be left out.")  # fmt: skip
    if "c" in got:
        return "cc-by-nc-4.0 only begins like cc-by; it forbids commercial use. Compare whole names."
    return f"Of these, {', '.join(wanted)} may be used; yours says {', '.join(map(str, got)) or 'none'}."
