"""How far one method is ahead of another, condition by condition: rows for `figures.bars_with_intervals`."""

from typing import Any

from chapter9_lib.classroom.records import Record

__all__ = ["gaps"]


def gaps(record: Record, a: str, b: str, **where: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Method `a` minus method `b`, paired seed by seed, under each condition that both were measured in.

    Args:
        record: its conditions have a key `method`.
        a, b: two methods. Bars take the look of `a`, and their labels from the other keys.
        where: only conditions with these keys, such as `split="test"`; they stay out of the labels.

    Raises:
        ValueError: when there is no such condition.
    """
    rows = []
    for condition in record.conditions:
        keys = condition["keys"]
        others = {key: value for key, value in keys.items() if key != "method"}
        if keys.get("method") != a or where.items() - keys.items() or not record.table(method=b, **others):
            continue
        gap = record.difference({**others, "method": a}, {**others, "method": b})
        label = _label({key: value for key, value in others.items() if key not in where})
        rows.append({"label": label, "method": a, "mean": gap.mean, "interval": gap.interval})
    if not rows:
        raise ValueError(f"The record {record.name!r} has no condition with both {a!r} and {b!r} where {where}.")
    return rows


def _label(keys: dict[str, Any]) -> str:
    return ", ".join(f"{value:,} photos" if key == "photos" else str(value) for key, value in keys.items())
