"""Records belong to the photos and the weights that are bundled now; a stale one is a failure."""

import json
import re

import pytest

from chapter9_lib.classroom import record
from chapter9_lib.paths import assets
from data_scripts.experiments.adapted import thermal_camera
from data_scripts.experiments.far_domain import calls_made
from data_scripts.measure_records import RECORDS as PLANS
from data_scripts.viewers import VIEWERS, checksum

RECORDS = sorted(path.stem for path in (assets() / "records").glob("*.json"))
NEEDED = {"learning-rates", "learning-curve", "scratch-longer", "field-trailcam", "frozen-ceiling"}


def test_what_the_notebooks_read_is_there():
    assert set(RECORDS) >= NEEDED


def test_every_record_can_be_measured_again():
    planned = {name for name in RECORDS if "measure_records" in record(name).command}
    assert len(planned) > 50 and planned <= set(PLANS), "a record that no plan measures: add the plan, or delete it"


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_of_this_world_and_these_weights(name):
    raw = json.loads((assets() / "records" / f"{name}.json").read_text())
    world = json.loads((assets() / "photos" / "world.json").read_text())
    if raw["world"].get("name") == "lab":
        assert raw["world"]["hash"] == world["hash"], "measured on other photos: make records"
    for needed, digest in raw["needs"].items():
        if needed.startswith("lab-"):
            card = json.loads((assets() / "models" / f"{needed}.json").read_text())
            assert card["sha256"].startswith(digest), f"measured with another {needed}: make records"
        elif needed.startswith("rate of "):
            tried = record("unfreezing-rates").table(recipe=needed.removeprefix("rate of "))
            best = max(tried, key=lambda row: row["mean"])["rate"]
            assert best == float(digest), "another rate is best now: make records"
        elif ": " in needed:
            other, _, rest = needed.partition(": ")
            wanted = dict(part.split("=") for part in re.split(", (?=[a-z ]+=)", rest))
            tried = [row for row in record(other).table() if all(f"{row[key]}" == said for key, said in wanted.items())]
            best = max(tried, key=lambda row: row["mean"])
            assert best.get("rate", best.get("strength")) == float(digest), f"another choice is best in {other} now"
        elif needed == "thermal camera":
            assert digest == thermal_camera(), "the thermal camera has changed: make records"
        elif needed == "calls":
            assert digest == calls_made(), "the calls are made otherwise now: make records"
        elif needed in VIEWERS:
            assert checksum(needed) == digest, f"{needed} answered otherwise then: make records"
        else:
            assert needed == "field/trailcam" or needed.startswith(("timm/", "torchvision/"))


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_says_where_it_comes_from(name):
    found = record(name)
    assert found.machine["cpu"] and found.versions["torch"] and found.date and name in found.command
    for row in found.conditions:
        assert len(row["values"]) == len(found.seeds) == row["n"]
        assert row["interval"] is None or row["interval"][0] <= row["mean"] <= row["interval"][1]


@pytest.mark.parametrize(("name", "most"), [("lab-resnet", 3_000_000), ("lab-teacher", 5_000_000)])
def test_a_bundled_backbone_is_what_its_card_says(name, most):
    from chapter9_lib.models import load_pretrained

    model = load_pretrained(name, source="bundled")
    card = json.loads((assets() / "models" / f"{name}.json").read_text())
    assert model.get_classifier().out_features == card["num_classes"] == len(card["classes"])
    assert sum(parameter.numel() for parameter in model.parameters()) < most
    assert not set(card["classes"]) & set(json.loads((assets() / "photos" / "world.json").read_text())["species"])
    assert card["recipe"].startswith(f"python -m data_scripts.pretrain --model {name}") and card["device"]


@pytest.mark.parametrize("name", ["lab-resnet", "lab-teacher"])
def test_a_bundled_backbone_knows_its_own_kinds(name):
    """The accuracy on the card, tried on some of the bundled source photos."""
    from chapter9_lib import evaluate, load_pretrained, open_world

    model = load_pretrained(name, source="bundled")
    card = json.loads((assets() / "models" / f"{name}.json").read_text())
    tried = evaluate(model, open_world("lab").photos("source").sample(400, seed=0)).accuracy
    assert tried == pytest.approx(card["accuracy_held_out"], abs=0.08) and tried > 50 / len(card["classes"])


def test_the_teacher_knows_more_than_the_backbone_that_is_borrowed():
    cards = [json.loads((assets() / "models" / f"{name}.json").read_text()) for name in ("lab-teacher", "lab-resnet")]
    assert cards[0]["accuracy_held_out"] > cards[1]["accuracy_held_out"] + 0.03


def test_the_two_networks_of_the_transplant_share_no_kind_and_know_their_own():
    from chapter9_lib import evaluate, load_pretrained, open_world

    source, kinds = open_world("lab").photos("source"), []
    for name in ("lab-eight-a", "lab-eight-b"):
        model = load_pretrained(name, source="bundled")
        card = json.loads((assets() / "models" / f"{name}.json").read_text())
        tried = evaluate(model, source.only(card["classes"]).sample(400, seed=0)).accuracy
        assert tried == pytest.approx(card["accuracy_held_out"], abs=0.08) and tried > 0.2
        assert card["recipe"].startswith("python -m data_scripts.") and card["num_classes"] == len(card["classes"])
        kinds.append(set(card["classes"]))
    assert not kinds[0] & kinds[1] and kinds[0] | kinds[1] == set(source.classes)
