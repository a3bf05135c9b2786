"""Bundle the two networks of notebook 02: the grid's first pair, A and B, each trained on its half of the source kinds.

    python -m data_scripts.render_photos source-train --workers 2    # first: the photos, half an hour on two cores
    python -m data_scripts.bundle_transfer_nets                      # three minutes a network, unless the grid made it

Each goes into the package's assets with its card.
"""

from pathlib import Path

from chapter9_lib.models import load_model, save_model
from chapter9_lib.paths import assets
from chapter9_lib.training import evaluate
from chapter9_lib.worlds.trailcam.sets import VERSION
from data_scripts.experiments.transfer_nets import RECIPE, net, task
from data_scripts.recording import RUNS

HALVES, SEED = "random", 0


def bundle(half: str) -> Path:
    """Write assets/models/lab-eight-a or -b, in half precision; the card's accuracy is that of the stored file."""
    name = f"lab-eight-{half.lower()}"
    train, test = task(HALVES, SEED, half)
    stored = load_model(save_model(net(HALVES, SEED, half), RUNS / "transfer-nets" / name, half=True))
    card = {
        "name": name,
        "classes": train.classes,
        "world": VERSION,
        "trained_on": f"rendered photos of half of the source kinds, task {half}; none is a target species",
        "accuracy_held_out": round(evaluate(stored, test).accuracy, 4),
        "licence": "Apache-2.0",
        "photos": len(train),
        "epochs": RECIPE["epochs"],
        "recipe": "python -m data_scripts.bundle_transfer_nets",
    }
    print(name, card["accuracy_held_out"])
    return save_model(stored, assets() / "models" / name, card, half=True)


if __name__ == "__main__":
    for half in "AB":
        bundle(half)
