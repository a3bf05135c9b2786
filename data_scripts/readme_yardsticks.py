"""Write the yardsticks' numbers into the README, from their record.

python -m data_scripts.readme_yardsticks
"""

from pathlib import Path

from chapter9_lib.classroom import Record, record

__all__ = ["BEGIN", "END", "README", "block", "replaced"]

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- yardsticks: python -m data_scripts.readme_yardsticks -->", "<!-- end of yardsticks -->"


def block(measured: Record) -> str:
    """The table, as Markdown."""

    def value(**keys: str) -> str:
        found = measured.value(**keys)
        low, high = found.interval or (found.mean, found.mean)
        return f"{found.mean:.0f} % [{max(0, low):.0f}, {min(100, high):.0f}]"

    rows = measured.table(yardstick="top five", view="clear")
    top = "; ".join(f"{row['species']} {row['mean']:.0f} %" for row in rows)
    every = "; ".join(
        f"{row['species']} {row['mean']:.0f} %" for row in measured.table(yardstick="top five", view="all")
    )
    seen = " and ".join(value(yardstick="viewer", viewer=row["viewer"]) for row in measured.table(yardstick="viewer"))
    probe = "named right by a linear probe on ImageNet's MobileNetV2, at cameras (real: in bursts) not trained on"
    first = "the right animal among the same network's first five of 1,000 classes"
    unknown = "not measured"
    rows = {
        probe: (value(yardstick="probe", photos="rendered"), value(yardstick="probe", photos="real")),
        f"{first}, clear day views": (top, unknown),
        "the same, all day photos": (every, unknown),
        "two careful viewers (vision-language models) on 100 test photos each, no label in sight": (seen, unknown),
    }
    head = "| yardstick, from outside | rendered | real trail-camera photos |\n|---|---|---|"
    return "\n".join([head, *(f"| {name} | {rendered} | {real} |" for name, (rendered, real) in rows.items())])


def replaced(text: str, measured: Record) -> str:
    """The README's text with the block renewed.

    Raises:
        ValueError: when the marks are missing.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{README.name} must hold {BEGIN} and {END} once each.")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{block(measured)}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Renew the block in place."""
    README.write_text(replaced(README.read_text(encoding="utf-8"), record("yardsticks")), encoding="utf-8")


if __name__ == "__main__":
    main()
