"""Field notes: the methods measured on real photos, in one order and under one name in every notebook."""

from typing import Any

from chapter9_lib.classroom.records import Record

__all__ = ["field_rows"]

_TITLES = {
    "scratch": "from scratch (small ResNet)",
    "random-features": "random MobileNetV2, frozen",
    "lab-borrowed": "the rendered kitchen, frozen",
    "borrowed": "ImageNet MobileNetV2, frozen",
    "borrowed-two-layer": "the same, two-layer head",
    "logistic-regression": "the same, scikit-learn's head",
    "borrowed-vit": "ImageNet ViT, frozen",
}


def field_rows(field: Record) -> list[dict[str, Any]]:
    """The rows of a field record, labelled for `figures.bars_with_intervals`, from nothing borrowed to the most.

    Raises:
        KeyError: for a method that has no title here yet.
    """
    if unknown := {row["method"] for row in field.table()} - set(_TITLES):
        raise KeyError(f"No title for {', '.join(sorted(unknown))} of the record {field.name!r}.")
    return [{**row, "label": title} for method, title in _TITLES.items() for row in field.table(method=method)]
