"""Which photos are meant when a folder is given to predict."""

import os
import re

import pytest
from pictures import TINTS, picture

from chapter9_lib.models import lab_resnet, save_model
from chapter9_lib.pipeline import predict_photos
from chapter9_lib.pipeline.prediction import _files


@pytest.fixture
def shut(monkeypatch):
    """A function that makes a folder one that can't be opened; permissions don't stop the root user."""
    scandir, closed = os.scandir, set()

    def refuse(path="."):
        if str(path) in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return lambda path: closed.add(str(path))


def test_a_folder_is_searched_as_fit_does_it(photo_folder):
    root = photo_folder({"badger": 2, "fox": 2})
    for hidden in (".trash", "@eaDir", "__MACOSX"):
        (root / "fox" / hidden).mkdir()
        picture(TINTS["fox"], 7).save(root / "fox" / hidden / "fox000x.jpg")
    (root / "fox" / "._fox000x.jpg").write_bytes(b"x")
    elsewhere = photo_folder({"lynx": 2}, "elsewhere")
    (root / "fox" / "linked").symlink_to(elsewhere, target_is_directory=True)
    (root / "fox" / "loop").symlink_to(root, target_is_directory=True)
    names = [path.name for path in _files(root, {})]
    assert sorted(names) == sorted(f"{kind}00{n}x.jpg" for kind in TINTS for n in range(2))


def test_folders_that_cannot_be_opened_are_named(photo_folder, tmp_path, shut):
    root = photo_folder({"badger": 2, "fox": 2}, place=lambda kind, n: f"{kind}/{n}/a.jpg")
    shut(root / "fox" / "1")
    model = save_model(lab_resnet(2), tmp_path / "m")
    found = predict_photos(model, [root], device="cpu")
    assert len(found.files) == 3
    assert found.unreadable == {
        root / "fox" / "1": "a folder that can't be opened (Permission denied); check its permissions"
    }
    with pytest.raises(ValueError, match="None of 1 photos can be read. The first: .*Permission denied"):
        predict_photos(model, [root / "fox" / "1"], device="cpu")


def test_one_folder_is_as_good_as_a_list_of_one(photo_folder, tmp_path):
    model, root = save_model(lab_resnet(2), tmp_path / "m"), photo_folder({"badger": 2, "fox": 1})
    for one in (root, str(root)):
        assert len(predict_photos(model, one, device="cpu").files) == 3


def test_odd_names_are_told_apart(tmp_path):
    for name in ("nowhere.jpg", "nowhere/a.jpg"):
        with pytest.raises(FileNotFoundError, match="There is no"):
            _files(tmp_path / name, {})
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match="There is no"):
        _files(tmp_path / "file" / "a.jpg", {})
    assert _files(tmp_path / ("x" * 300), {}) == [tmp_path / ("x" * 300)]


def test_outputs_without_a_name_go_by_their_numbers(photo_folder, tmp_path):
    model = lab_resnet(4)
    model.classes = ["badger", "fox"]
    found = predict_photos(save_model(model, tmp_path / "m"), [photo_folder({"fox": 3})], device="cpu")
    assert found.classes == ["badger", "fox", "2", "3"] and found.probabilities.shape == (3, 4)
    assert "p(3)" in found.write(tmp_path / "answers.csv").read_text()
    assert sum(int(word) for word in re.findall(r" (\d)(?:,|$)", str(found))) == 3
