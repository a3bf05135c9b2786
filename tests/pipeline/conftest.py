import pytest
from pictures import TINTS, picture


@pytest.fixture
def photo_folder(tmp_path):
    """A function that makes a folder of photos: {class: how many}."""

    def make(counts=None, name="photos", place=lambda kind, number: f"{kind}/{kind}{number:03d}x.jpg", **saved):
        root = tmp_path / name
        start = 0
        for kind, count in (counts or dict.fromkeys(TINTS, 16)).items():
            for number in range(count):
                path = root / place(kind, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                options = {key: value(kind, number) for key, value in saved.items()}
                picture(TINTS.get(kind, (90, 90, 90)), start + number).save(path, quality=92, **options)
            start += 1000
        return root

    return make


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHAPTER9_FIELD", raising=False)
