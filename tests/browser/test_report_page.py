"""Open the report of a run in a real browser, as whoever it is sent to does."""

import os
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.browser
BROKEN = "[...document.images].filter(one => !one.complete || !one.naturalWidth).length"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNNAMED = "[...document.images].filter(one => !one.alt).length"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of a run on noise: foxes have a colour of their own, badgers and lynxes have not, so that there are mistakes."""
    from chapter9_lib.pipeline import Settings, fit

    folder = tmp_path_factory.mktemp("run")
    for name, colour in {"badger": (90, 90, 90), "fox": (190, 90, 40), "lynx with a long name": (90, 90, 90)}.items():
        for number in range(20):
            path = folder / "photos" / name / f"{number:03}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((96, 72), 60 + number).convert("RGB").point(
                [min(255, level * part // 128) for part in colour for level in range(256)]
            ).save(path)
    settings = Settings(network="bundled/lab-resnet", strategy="head", head_epochs=3, device="cpu")
    return fit(folder / "photos", folder / "run", settings, say=lambda line: None).folder / "report.html"


@pytest.mark.parametrize("width", [1280, 400])
def test_a_report_is_whole_by_itself_and_fits_its_window(report, page, width, tmp_path):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(report.as_uri())
    page.wait_for_load_state("load")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and page.problems == []
    assert page.locator("img").count() >= 5 and page.evaluate(BROKEN) == 0 and page.evaluate(UNNAMED) == 0
    assert page.evaluate(TOO_WIDE) <= 0
    said = page.locator("body").inner_text().lower()
    for part in (
        "what to do next",
        "class by class",
        "what was taken for what",
        "the worst mistakes",
        "the training",
        "how sure it is",
        "what the doctor says",
        "the photos",
        "how it was made",
        "lynx with a long name",
    ):
        assert part in said, part
    folder = Path(os.environ.get("BROWSER_SHOTS", tmp_path))
    page.screenshot(path=folder / f"report-{width}.png", full_page=True)
