import json
import os

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from chapter9_lib.models import (
    Preprocessing,
    add_lora,
    lab_resnet,
    load_model,
    load_pretrained,
    lora_layers,
    merge_lora,
    preprocessing,
    read_card,
    replace_head,
    save_model,
)


def state_equal(first, second):
    a, b = first.state_dict(), second.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("head", [{}, {"hidden": 16, "dropout": 0.2}, {"dropout": 0.1}])
@pytest.mark.parametrize(
    ("name", "source"), [("test_resnet", "timm"), ("levit_128s", "timm"), ("squeezenet1_1", "torchvision")]
)
def test_round_trip(tmp_path, name, source, head):
    model = replace_head(load_pretrained(name, source, pretrained=False), 4, **head)
    path = save_model(model, tmp_path / "deep" / "mine", card={"classes": ["a", "b", "c", "d"]})
    again = load_model(path)
    assert state_equal(model, again) and not again.training
    assert preprocessing(again) == preprocessing(model) and again.card["classes"] == ["a", "b", "c", "d"]
    assert sorted(file.name for file in path.parent.iterdir()) == ["mine.json", "mine.safetensors"]
    second = load_model(save_model(again, tmp_path / "second"))
    assert state_equal(model, second)


def test_a_folder_is_no_name(tmp_path):
    with pytest.raises(ValueError, match="names no file: .*my_model.safetensors"):
        save_model(lab_resnet(3), f"{tmp_path}/")
    assert not any(tmp_path.iterdir())


def test_half_precision_halves_the_file_and_loads_as_single(tmp_path):
    model = lab_resnet(5)
    full, half = save_model(model, tmp_path / "full"), save_model(model, tmp_path / "half", half=True)
    assert half.stat().st_size < 0.52 * full.stat().st_size
    again = load_model(half).state_dict()
    assert {t.dtype for t in again.values() if t.is_floating_point()} == {torch.float32}
    for name, tensor in model.state_dict().items():
        assert torch.allclose(again[name].float(), tensor.float(), atol=1e-3, rtol=1e-3), name


def test_half_precision_refuses_what_it_cannot_hold(tmp_path):
    model = lab_resnet(5)
    model.fc.weight.data[0, 0] = 1e6
    with pytest.raises(ValueError, match=r"fc\.weight.*half=False"):
        save_model(model, tmp_path / "half", half=True)
    assert not list(tmp_path.iterdir())


def test_lab_resnet_is_small_and_round_trips(tmp_path):
    model = lab_resnet(12).eval()
    assert 2.7e6 < sum(p.numel() for p in model.parameters()) < 2.9e6
    assert preprocessing(model).size == (72, 96) and not preprocessing(model).crop
    again = load_model(save_model(model, tmp_path / "lab-resnet"))
    images = torch.rand(2, 3, 72, 96)
    assert torch.equal(model(images), again(images)) and again(images).shape == (2, 12)


def test_a_model_of_unknown_making_needs_a_card(tmp_path):
    model = torchvision.models.mobilenet_v2(num_classes=3)
    model.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.5,) * 3)
    with pytest.raises(ValueError, match="architecture.*Pass"):
        save_model(model, tmp_path / "m")
    card = {"source": "torchvision", "architecture": "mobilenet_v2", "num_classes": 3}
    assert state_equal(load_model(save_model(model, tmp_path / "m", card)), model)


def test_nothing_of_the_old_head_stays_on_the_card(tmp_path):
    model = load_model(save_model(lab_resnet(3), tmp_path / "m", {"classes": ["x", "y", "z"], "accuracy": 0.9}))
    replace_head(model, 2)
    assert model.card["num_classes"] == 2 and not {"classes", "accuracy"} & model.card.keys()


@pytest.fixture
def stored(tmp_path):
    return save_model(load_pretrained("test_resnet", pretrained=False, num_classes=3), tmp_path / "m")


def edit_card(path, **changes):
    card_path = path.with_suffix(".json")
    card = json.loads(card_path.read_text()) | changes
    card_path.write_text(json.dumps({key: value for key, value in card.items() if value is not None}))


def test_missing_files_are_named(stored):
    with pytest.raises(FileNotFoundError, match=r"other\.safetensors"):
        load_model(stored.with_name("other"))
    stored.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError, match=r"m\.json"):
        load_model(stored)


@pytest.mark.parametrize(
    ("how", "checksum"), [("cut", True), ("flip", True), ("empty", True), ("cut", False), ("empty", False)]
)
def test_damage_is_named(stored, how, checksum):
    content = stored.read_bytes()
    stored.write_bytes({"cut": content[: len(content) // 2], "flip": content[:-1] + b"\xff", "empty": b""}[how])
    if not checksum:
        edit_card(stored, sha256=None)
    with pytest.raises(ValueError, match=r"m\.safetensors"):
        load_model(stored)


@pytest.mark.parametrize("what", ["missing", "unexpected", "wrong shape"])
def test_tensors_and_card_that_disagree_are_named(stored, what):
    tensors = load_file(stored)
    if what == "missing":
        del tensors["fc.bias"]
    else:
        tensors["fc.extra" if what == "unexpected" else "fc.bias"] = torch.zeros(9)
    save_file(tensors, stored)
    edit_card(stored, sha256=None)
    with pytest.raises(ValueError, match=rf"m\.safetensors and its card.*{what}: fc\."):
        load_model(stored)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "test_resnot"}, "test_resnet"),
        ({"source": "attic"}, "attic"),
        ({"mean": None}, "lacks mean"),
        ({"create_kwargs": {"nonsense": 1}}, "nonsense"),
        ({"interpolation": "magic"}, "magic"),
        ({"head": {"wings": 2}}, "wings"),
        ({"create_kwargs": {"checkpoint_path": "x.pth"}}, "checkpoint_path.*Take them out"),
        ({"create_kwargs": {"pretrained": True}}, "pretrained"),
        ({"create_kwargs": {"pretrained_cfg": {"file": "x"}}}, "pretrained_cfg"),
        ({"create_kwargs": {"pretrained_cfg_overlay": {"file": "x"}}}, "pretrained_cfg_overlay"),
        ({"create_kwargs": {"weights": "DEFAULT"}}, "weights"),
        ({"create_kwargs": {"weights_backbone": "DEFAULT"}}, "weights_backbone"),
        ({"create_kwargs": {"cache_dir": "x"}}, "cache_dir"),
        ({"create_kwargs": {"features_only": True}}, "features_only"),
        ({"create_kwargs": ["in_chans"]}, '"create_kwargs" is .*an object'),
        ({"num_classes": "5"}, '"num_classes" is "5".*whole number'),
        ({"num_classes": True}, '"num_classes" is true'),
        ({"num_classes": -1}, '"num_classes" is -1'),
        ({"mean": 0.5}, '"mean" is 0.5.*three numbers'),
        ({"mean": [0.5, "0.5", 0.5]}, '"mean" is .*three numbers'),
        ({"mean": [0.5, float("nan"), 0.5]}, '"mean" is .*NaN'),
        ({"std": [0.5, 0, 0.5]}, '"std" is .*positive'),
        ({"input_size": [64, 64]}, r'"input_size" is \[64, 64\].*channels'),
        ({"input_size": [3, 64.0, 64]}, '"input_size"'),
        ({"architecture": ["test_resnet"]}, '"architecture" is .*a text'),
        ({"source": 7}, '"source" is 7'),
        ({"head": 3}, '"head" is 3'),
        ({"crop_pct": "all"}, '"crop_pct" is "all"'),
        ({"crop": "no"}, '"crop" is "no"'),
        ({"classes": "abc"}, '"classes" is "abc"'),
        ({"classes": ["a", "b", "c", "d"]}, '"classes" names 4.*3'),
    ],
)
def test_bad_cards_are_named(stored, changes, message):
    edit_card(stored, **changes)
    with pytest.raises(ValueError, match=rf"m\.json.*{message}"):
        load_model(stored)


def test_an_entry_that_is_null_is_named(stored):
    card_path = stored.with_suffix(".json")
    card_path.write_text(json.dumps(json.loads(card_path.read_text()) | {"mean": None}))
    with pytest.raises(ValueError, match=r'm\.json: "mean" is null; a list of three numbers'):
        read_card(stored)
    card_path.write_text("[1, 2]")
    with pytest.raises(ValueError, match=r"m\.json holds \[1, 2\]; an object"):
        read_card(stored)


def test_a_card_that_could_not_be_read_again_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r'm\.json: "num_classes" is "2"'):
        save_model(lab_resnet(2), tmp_path / "m", {"num_classes": "2"})
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_and_torch_are_numbers(tmp_path):
    model = replace_head(lab_resnet(2), np.int64(3), hidden=np.int32(4), dropout=np.float32(0.5))
    assert type(model.num_classes) is int
    told = {"accuracy": np.float32(0.5), "per_class": np.array([0.5, 1.0]), "loss": torch.tensor(0.25)}
    again = load_model(save_model(model, tmp_path / "m", {**told, "num_classes": np.int64(3)}))
    assert [again.card[key] for key in told] == [0.5, [0.5, 1.0], 0.25]
    assert state_equal(again, model)
    with pytest.raises(TypeError):
        replace_head(model, 2.5)


@pytest.mark.parametrize("odd", [object(), {"a": {1, 2}}, {(1, 2): 3}])
def test_what_json_cannot_hold_is_named_and_nothing_is_written(tmp_path, odd):
    with pytest.raises(ValueError, match=r'm\.json: "notes" is .*numbers'):
        save_model(lab_resnet(2), tmp_path / "m", {"notes": odd})
    assert not list(tmp_path.iterdir())


def test_a_compiled_network_is_stored_like_any_other(tmp_path):
    model = lab_resnet(2)
    assert state_equal(load_model(save_model(torch.compile(model, backend="eager"), tmp_path / "m")), model)


def test_arguments_that_shape_the_network_are_passed_on(stored):
    edit_card(stored, create_kwargs={"in_chans": 3, "drop_rate": 0.25}, crop_pct=None)
    assert load_model(stored).drop_rate == 0.25


def test_a_card_that_is_no_json(stored):
    stored.with_suffix(".json").write_text("{")
    with pytest.raises(ValueError, match=r"m\.json isn't valid JSON"):
        load_model(stored)


def full(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("chapter9_lib.files.os.replace", full)
    with pytest.raises(OSError, match="No space"):
        save_model(lab_resnet(2), tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_before_the_card_leaves_the_old_checkpoint(stored, monkeypatch):
    before = load_model(stored)
    names = iter(["a", "b"])
    stored.with_name(".m.json.b").touch()  # in the way of the card
    monkeypatch.setattr("chapter9_lib.files.secrets.token_hex", lambda _: next(names))
    with pytest.raises(FileExistsError):
        save_model(load_pretrained("test_resnet", pretrained=False, num_classes=3), stored)
    assert state_equal(load_model(stored), before) and not list(stored.parent.glob("*safetensors.a"))


def test_tensors_without_a_card_are_not_written_over(tmp_path):
    (tmp_path / "downloaded.safetensors").write_bytes(b"another's tensors")
    with pytest.raises(ValueError, match=r"downloaded\.safetensors is there already, without a card"):
        save_model(load_pretrained("test_resnet", pretrained=False, num_classes=3), tmp_path / "downloaded")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("downloaded.safetensors", b"another's tensors")
    ]


@pytest.mark.parametrize("content", ['{"loss": [0.5]}', "[]", "7", "no JSON", "\udc81"])
def test_a_json_of_another_kind_is_not_written_over(tmp_path, content):
    file = tmp_path / "history.json"
    file.write_text(content, errors="surrogateescape")
    before = file.read_bytes()
    with pytest.raises(ValueError, match=r"history\.json is there already and is no model's card"):
        save_model(lab_resnet(2), tmp_path / "history")
    assert [*tmp_path.iterdir()] == [file] and file.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="has neither")
def test_files_are_as_the_umask_says_and_links_stay_links(tmp_path):
    (tmp_path / "link.safetensors").symlink_to(tmp_path / "large" / "disk.safetensors")
    before = os.umask(0o007)
    try:
        path = save_model(lab_resnet(2), tmp_path / "link")
    finally:
        os.umask(before)
    assert path.is_symlink() and load_model(path).card["num_classes"] == 2
    assert {file.stat().st_mode & 0o777 for file in (path, path.with_suffix(".json"))} == {0o660}


def test_a_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert save_model(lab_resnet(2), "~/m") == tmp_path / "m.safetensors"
    assert load_model("~/m").card["num_classes"] == 2


def test_a_network_of_our_own_is_built_again_from_its_card(tmp_path):
    from chapter9_lib.models import eight_layers

    model = eight_layers(4).eval()
    images = torch.rand(2, 3, 36, 48)
    again = load_model(save_model(model, tmp_path / "eight"))
    assert torch.equal(again(images), model(images)) and again.preprocessing == model.preprocessing


def test_what_could_not_be_loaded_again_is_not_written(tmp_path):
    behind = load_pretrained("test_resnet", pretrained=False)
    behind.reset_classifier(5)
    with pytest.raises(ValueError, match=r"5 outputs and the card says 1000.*replace_head\(model, 5\)"):
        save_model(behind, tmp_path / "behind")
    adapted = add_lora(replace_head(load_pretrained("test_resnet", pretrained=False), 4), rank=2)
    for layer in lora_layers(adapted).values():
        torch.nn.init.ones_(layer.lora_B.weight)
    with pytest.raises(ValueError, match="merge_lora"):
        save_model(adapted, tmp_path / "adapted")
    assert not list(tmp_path.iterdir())
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        again = load_model(save_model(merge_lora(adapted.eval()), tmp_path / "merged"))
        assert torch.allclose(again(images), adapted(images), atol=1e-6) and not lora_layers(again)


def test_a_network_without_a_head_is_kept_as_it_is(tmp_path):
    bare = load_pretrained("test_resnet", pretrained=False)
    bare.reset_classifier(0)
    bare.card["num_classes"] = 0
    again = load_model(save_model(bare, tmp_path / "bare"))
    assert state_equal(bare, again)
    assert replace_head(again, 3)(torch.rand(1, 3, 64, 64)).shape == (1, 3)


def test_class_names_that_are_no_utf_8_are_read_back(tmp_path):
    names = ["f\udcfcchse", "Füchse"]
    path = save_model(lab_resnet(2), tmp_path / "m", {"classes": names})
    assert load_model(path).classes == names
    plain = save_model(lab_resnet(1), tmp_path / "plain", {"classes": names[1:]})
    assert "Füchse" in plain.with_suffix(".json").read_text(encoding="utf-8")
