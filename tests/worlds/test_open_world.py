import subprocess
import sys

import pytest

from chapter9_lib.worlds import open_world


def test_an_unknown_world_offers_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'field'"):
        open_world("feild")


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("CHAPTER9_WORLD", "labb")
    with pytest.raises(ValueError, match="CHAPTER9_WORLD.*Did you mean 'lab'"):
        open_world()
    assert open_world("lab").name == "lab"
    monkeypatch.setenv("CHAPTER9_WORLD", "")
    assert open_world().name == "lab"


def test_the_lab_has_no_collections():
    with pytest.raises(ValueError, match="open_world\\('field', collection='pacs/photo'\\)"):
        open_world(collection="pacs/photo")


def test_nothing_heavy_is_imported_before_it_is_used(project):
    code = (
        "import sys, chapter9_lib.worlds as w; assert 'torch' not in sys.modules\n"
        "w.Photos; w.open_world; w.open_folder\n"
        "heavy = {'timm', 'torchvision', 'transformers', 'sklearn', 'ipywidgets', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)


def test_every_public_name_exists():
    import chapter9_lib.worlds as worlds

    assert all(getattr(worlds, name) is not None for name in worlds.__all__)
    assert set(worlds.__all__) <= set(dir(worlds))
    with pytest.raises(AttributeError, match="nothing"):
        _ = worlds.nothing
