"""Pretraining on pairs: resumable, and nothing of the target species in it."""

import json

import pytest
import torch

from chapter9_lib import open_world
from chapter9_lib.models import load_model, load_pretrained
from data_scripts import pretrain_clip
from data_scripts.source_photos import SourcePhotos


@pytest.fixture
def pairs():
    rows = [row for row in open_world("lab").photos("source").manifest if row["what"] == "animal"][::80][:24]
    dice = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (len(rows), 3, 72, 96), dtype=torch.uint8, generator=dice)
    return SourcePhotos(images, torch.arange(len(rows))), rows


def trained(folder, pairs, monkeypatch, stop=None):
    monkeypatch.setattr(pretrain_clip, "FOLDER", folder)
    run = pretrain_clip.ClipPretraining(pretrain_clip.Recipe(2, 8, 1e-3), *pairs, torch.device("cpu"))
    for _ in run.epochs(2, run.train):
        if run.epoch == stop:
            break
    return run.model.state_dict()


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path, pairs, monkeypatch):
    whole = trained(tmp_path / "whole", pairs, monkeypatch)
    trained(tmp_path / "broken", pairs, monkeypatch, stop=1)
    resumed = trained(tmp_path / "broken", pairs, monkeypatch)
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())


def test_no_batch_holds_a_stranger_twice_and_no_photo_is_drawn_twice():
    rows = [{"species": f"stranger-{at % 9}"} for at in range(40)]
    steps = pretrain_clip.shuffled(rows, 4, torch.Generator().manual_seed(0))
    assert all(len({rows[at]["species"] for at in step.tolist()}) == 4 for step in steps)
    drawn = torch.cat(steps).tolist()
    assert len(drawn) == len(set(drawn)) >= 32 and drawn != sorted(drawn)
    with pytest.raises(ValueError, match="9 strangers"):
        pretrain_clip.shuffled(rows, 10, torch.Generator())


def test_it_begins_with_the_borrowed_tower():
    tower, borrowed = (
        pretrain_clip.begun().image.state_dict(),
        load_pretrained("lab-resnet", source="bundled").state_dict(),
    )
    assert all(torch.equal(tower[name], tensor) for name, tensor in borrowed.items() if "fc." not in name)


def test_its_own_sentence_is_found_by_a_model_that_knows_and_not_by_one_that_does_not(pairs):
    class Knowing(torch.nn.Module):
        preprocessing = load_pretrained("lab-resnet", source="bundled").preprocessing

        def encode_images(self, images):
            return torch.eye(24)

        def encode_texts(self, texts):
            return torch.eye(24)

    assert pretrain_clip.found_again(Knowing(), *pairs) == 1.0
    assert pretrain_clip.found_again(pretrain_clip.begun(), *pairs) < 0.5


def test_it_is_packed_with_its_card(tmp_path, pairs, monkeypatch):
    monkeypatch.setattr(pretrain_clip, "FOLDER", tmp_path)
    monkeypatch.setattr(pretrain_clip, "assets", lambda: tmp_path / "assets")
    (tmp_path / "made.json").write_text(json.dumps({"seconds": 1, "recipe": "…"}))
    pretrain_clip.save_model(pretrain_clip.begun(), tmp_path / "lab-clip", half=True)
    packed = load_model(pretrain_clip.pack(pairs))
    assert packed.card["name"] == "lab-clip" and 0 <= packed.card["finds_its_sentence_among_64"] <= 1
    assert packed.encode_texts(["a low grey animal with a striped face"]).shape == (1, 128)
