"""Fetch real trail-camera photos (Caltech Camera Traps) for the field world; the same as `chapter9 photos --field`.

    python -m data_scripts.fetch_field_photos                # five species, 160 + 40 + 120 photos of each
    python -m data_scripts.fetch_field_photos --train 1000   # more of each to train on

Photos come in full size, one by one, and are kept in copies of at most 512 pixels. A run that was broken off is gone on
with. CHAPTER9_FIELD says where they go.
"""

import argparse

from chapter9_lib.worlds.caltech import SPECIES
from chapter9_lib.worlds.field_photos import fetch_field_photos


def main() -> None:
    """Parse the command line and fetch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--species", nargs="+", default=SPECIES, help="as the collection names them")
    for split, count in (("train", 160), ("val", 40), ("test", 120)):
        parser.add_argument(f"--{split}", type=int, default=count, help=f"photos of each species, default {count}")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    choice = parser.parse_args()
    counts = {split: getattr(choice, split) for split in ("train", "val", "test")}
    print(fetch_field_photos(counts=counts, species=choice.species, seed=choice.seed))


if __name__ == "__main__":
    main()
