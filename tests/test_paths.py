"""Where things lie, and what asking for it may cost."""

import os

import pytest

from chapter9_lib import paths
from chapter9_lib.models import load_pretrained


@pytest.fixture
def unwritable_home(tmp_path, monkeypatch):
    """A home that nobody can create: its parent is a file."""
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    monkeypatch.setenv("CHAPTER9_HOME", str(home))
    monkeypatch.delenv("CHAPTER9_FIELD", raising=False)
    return home


def test_the_field_folder_is_named_without_writing(tmp_path, monkeypatch, unwritable_home):
    assert paths.field_dir() == unwritable_home / "field"
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "new"))
    assert paths.field_dir() == tmp_path / "new" / "field" and not (tmp_path / "new").exists()
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path / "own"))
    assert paths.field_dir() == tmp_path / "own"
    assert paths.home() == tmp_path / "new" and paths.home().is_dir()


def test_a_home_that_cannot_be_written_is_named_where_it_is_needed(unwritable_home):
    with pytest.raises(PermissionError, match="CHAPTER9_HOME"):
        paths.home()


def test_random_weights_need_no_home(unwritable_home):
    assert load_pretrained("test_resnet", pretrained=False).num_classes == 1000


def test_a_field_folder_nobody_may_look_into_holds_no_weights(unwritable_home, monkeypatch):
    real = os.stat

    def forbidden(path, *args, **options):
        if str(path).startswith(str(unwritable_home)):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **options)

    monkeypatch.setattr("os.stat", forbidden)
    assert load_pretrained("test_resnet", pretrained=False).num_classes == 1000
    with pytest.raises(ValueError, match="no model named 'test_resnut'.*test_resnet"):
        load_pretrained("test_resnut", pretrained=False)
