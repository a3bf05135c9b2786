"""How long a 192 × 144 photo takes on one core, at a site seen before, and what a new site costs once.

python -m benchmarks.rendering
"""

import time

import torch

from chapter9_lib.worlds.trailcam import SPECIES, render, sample_scene


def main() -> None:
    """Render twelve photos a species at six sites, twice: the first pass draws the sites."""
    torch.set_num_threads(1)
    scenes = [
        sample_scene(animal.name, 1 + i % 6, i, ("day", "infrared")[i % 2]) for animal in SPECIES for i in range(12)
    ]
    passes = []
    for _ in range(2):
        began = time.perf_counter()
        for scene in scenes:
            render(scene)
        passes.append((time.perf_counter() - began) / len(scenes))
    print(
        f"192×144 on one core: {passes[1]:.3f} s a photo (budget 0.25 s); with new sites and seasons {passes[0]:.3f} s"
    )


if __name__ == "__main__":
    main()
