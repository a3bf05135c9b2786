"""Read a `manifest.csv`: one row per photo, every value a string."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

__all__ = ["MissingColumn", "read_manifest"]


class MissingColumn(ValueError):
    """A table that lacks a column."""


def read_manifest(
    path: Path, required: Sequence[str] = ("file",), errors: Literal["strict", "surrogateescape"] = "strict"
) -> list[dict[str, str]]:
    """Read a table of photos saved as CSV.

    Commas, semicolons and tabs are understood, and the byte-order mark that spreadsheets write is dropped.
    Values are stripped of spaces around them; a missing value is "".

    Args:
        path: the CSV file.
        required: columns that must be there.
        errors: what to do with bytes that are no UTF-8; "surrogateescape" reads file names as the system does.

    Returns:
        One dict per row, keyed by column.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it isn't a UTF-8 table.
        MissingColumn: when a required column is missing; names the file and the columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors=errors) as stream:
            header = stream.readline()
            stream.seek(0)
            rows = [_clean(row) for row in csv.DictReader(stream, delimiter=_delimiter(header))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a table saved as CSV in UTF-8 ({error}): save it as 'CSV UTF-8'.") from error
    columns = [name.strip() for name in next(csv.reader([header], delimiter=_delimiter(header)), [])]
    missing = [name for name in required if name not in columns]
    if missing:
        raise MissingColumn(
            f"{path} has no column {', '.join(map(repr, missing))}: its first line must name the columns, "
            f"and it names {', '.join(map(repr, columns)) or 'none'}."
        )
    return rows


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _clean(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    return {key.strip(): (value or "").strip() for key, value in row.items() if key and not isinstance(value, list)}
