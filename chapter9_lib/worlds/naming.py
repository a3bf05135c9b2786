"""Help with a misspelt name: the nearest one, and the list of those there are."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest"]


def nearest(name: str, choices: Iterable[str], limit: int = 20) -> str:
    """One sentence or two that help someone who typed a name that does not exist.

    Args:
        name: what was typed.
        choices: the names that exist.
        limit: how many of them to list at most.

    Returns:
        For example `Did you mean 'train'? There are: 'train', 'val', 'test'.`
    """
    names = [str(choice) for choice in choices]
    lower = {choice.lower(): choice for choice in reversed(names)}
    close = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.6)
    listed = ", ".join(repr(choice) for choice in names[:limit]) or "none"
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    guess = f"Did you mean {lower[close[0]]!r}? " if close else ""
    return f"{guess}There are: {listed}{more}."
