import pytest
import torchvision
from torch import nn

from chapter9_lib.models import lab_resnet, load_model, load_pretrained, replace_head, save_model
from chapter9_lib.models.classes import class_names, forget_classes, known_classes, remember_classes


def test_classes_go_to_disk_and_back_and_leave_with_the_head(tmp_path):
    model = lab_resnet(3)
    assert known_classes(model) is None
    remember_classes(model, ["badger", "deer", "fox"])
    again = load_model(save_model(model, tmp_path / "m"))
    assert again.classes == again.card["classes"] == known_classes(again) == ["badger", "deer", "fox"]
    assert again.state_dict().keys() == lab_resnet(3).state_dict().keys()
    replace_head(again, 3)
    assert known_classes(again) is None and not hasattr(again, "classes") and "classes" not in again.card


def test_classes_named_by_hand_go_to_disk_too(tmp_path):
    model = lab_resnet(2)
    model.classes = ["dog", "cat"]
    assert load_model(save_model(model, tmp_path / "m")).classes == ["dog", "cat"]
    assert load_model(save_model(model, tmp_path / "m", {"classes": ["a", "b"]})).classes == ["a", "b"]


def test_what_a_model_keeps_under_classes_itself_stays():
    class Own(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.classes = classes

    for own in (Own(5), Own(nn.Linear(2, 5))):
        kept = own.classes
        remember_classes(own, ["a", "b"])
        assert own.classes is kept and own.card["classes"] == known_classes(own) == ["a", "b"]
        forget_classes(own)
        assert own.classes is kept and known_classes(own) is None


def test_borrowed_heads_know_their_classes_and_new_ones_none(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path))
    whole = load_pretrained("squeezenet1_1", "torchvision", pretrained=False)
    assert known_classes(whole) == torchvision.models.SqueezeNet1_1_Weights.DEFAULT.meta["categories"]
    assert known_classes(load_pretrained("squeezenet1_1", "torchvision", num_classes=3, pretrained=False)) is None


@pytest.mark.parametrize(("found", "names"), [((), None), (None, None), (5, None), ("fox", None), ((0, 1), ["0", "1"])])
def test_only_lists_of_names_are_names(found, names):
    assert class_names(found) == names
