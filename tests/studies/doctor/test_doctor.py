"""What the doctor takes, what it says when it can't look, and how it says what it found."""

import pytest
import torch
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset

from chapter9_lib import examine, fine_tune, load_pretrained, open_world
from chapter9_lib.classroom.faults import Folder
from chapter9_lib.models import Preprocessing, preprocessing
from chapter9_lib.studies.doctor import Finding, Report
from chapter9_lib.studies.doctor.data_checks import _near
from chapter9_lib.studies.doctor.looks import KNOWN, by_its_looks, by_its_pixels, undo
from chapter9_lib.studies.doctor.seen import see
from chapter9_lib.training import History


@pytest.fixture(scope="module")
def model():
    return load_pretrained("lab-resnet", source="bundled")


def test_our_own_photos_have_nothing_to_be_found(sides):
    world = open_world("lab")
    model, (train, val) = world.model(), sides
    history = fine_tune(model, train, val, epochs=5, lr=1e-3, progress=False)
    report = examine(model, train, val, history=history)
    assert report.healthy, report
    assert report.codes == ["camera-on-both-sides"]  # a note: val has the cameras of train


@pytest.mark.parametrize(
    ("photos", "error", "said"),
    [("a/folder", TypeError, "open_folder"), (3, TypeError, "dataset"), ([], ValueError, "empty"),
     ([("a photo", 1)], TypeError, "PIL image or a tensor"),
     ([(torch.zeros(3, 8, 8), 0), (torch.zeros(3, 9, 9), 0)], ValueError, "different shape")],
)  # fmt: skip
def test_what_is_no_set_of_photos_is_refused_in_words(photos, error, said, model):
    with pytest.raises(error, match=said):
        examine(model, photos)


def test_what_is_no_network_or_no_optimizer_is_refused_in_words(model):
    with pytest.raises(TypeError, match="type list: examine.model, train, val"):
        examine([], model)
    for wrong in (torch.optim.AdamW, "adamw"):
        with pytest.raises(TypeError, match=r"optimizer: one of torch's is wanted, such as AdamW\(model"):
            examine(model, optimizer=wrong)


def test_says_what_it_did_not_look_at(model):
    report = examine(model)
    assert "no training photos" in report.not_looked["labels"]
    assert "no optimizer" in report.not_looked["whom the optimizer trains"]
    assert "no history" in str(report)


def test_sees_the_same_through_loaders_and_parts(model, sides):
    folder = Folder(sides[0], preprocessing(model).transform())
    part = Subset(Subset(folder, range(10, 40)), [0, 5, 7])
    sampler = SubsetRandomSampler([10, 15, 17])
    for data in (part, DataLoader(part, batch_size=2), DataLoader(folder, batch_size=2, sampler=sampler)):
        seen = see(data, model)
        assert seen.paths == seen.files == [folder.photos.paths[at] for at in (10, 15, 17)]
        assert seen.all_labels.tolist() == [folder.targets[at] for at in (10, 15, 17)]
        assert torch.equal(seen.images[1], folder[15][0]) and seen.classes == folder.classes and seen.steady


def test_sees_tensors_without_files_or_names(model):
    images, labels = torch.rand(6, 3, 72, 96), torch.arange(6) % 3
    seen = see(TensorDataset(images, labels), model)
    assert torch.equal(seen.images, images) and seen.all_labels.tolist() == labels.tolist()
    assert seen.paths is None and seen.classes is None and not seen.files


def test_what_the_loader_does_to_a_batch_counts(model, sides):
    folder = Folder(sides[0], preprocessing(model).transform())

    def to_bytes(items):
        return torch.stack([image for image, _ in items]) * 100, torch.tensor([label for _, label in items])

    assert see(DataLoader(folder, batch_size=8, collate_fn=to_bytes), model).images.abs().max() > 50


KINDS = ["missing", "0-255", "0-255, then normalised", "twice", *(f"constants:{name}" for name in KNOWN)]


@pytest.fixture(scope="module")
def pixels(model, sides):
    wanted = preprocessing(model)
    return wanted, torch.stack([wanted.pixels(photo) for photo, _ in sides[0]]).float() / 255


def given(kind, pixels, wanted):
    if kind.startswith("constants:"):
        mean, std = KNOWN[kind.partition(":")[2]]
        return (pixels - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    return {"missing": pixels, "0-255": pixels * 255, "0-255, then normalised": wanted.normalize(pixels * 255),
            "twice": wanted.normalize(wanted.normalize(pixels)), "right": wanted.normalize(pixels),
            "swapped": wanted.normalize(pixels).flip(1)}[kind]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_preparation_can_be_undone(kind, pixels):
    wanted, photos = pixels
    assert torch.allclose(undo(given(kind, photos, wanted), kind, wanted), photos, atol=1e-4)


@pytest.mark.parametrize("kind", ["right", "swapped", *KINDS])
def test_tells_a_preparation_by_pixels_and_tensors(kind, pixels):
    wanted, photos = pixels
    found = by_its_pixels(given(kind, photos, wanted), photos, wanted)
    assert found.sure and (found.kind == kind.partition(":")[0] or kind == "constants:0.5 and 0.5")


def test_other_crops_are_not_taken_for_another_normalisation(pixels):
    wanted, photos = pixels
    assert by_its_pixels(wanted.normalize(photos.roll(20, 3)), photos, wanted) is None


@pytest.mark.parametrize("kind", ["missing", "0-255", "0-255, then normalised", "twice"])
def test_tells_what_can_not_be_by_looks_alone(kind, pixels):
    wanted, photos = pixels
    assert by_its_looks(given("right", photos, wanted), wanted).kind == "right"
    found = by_its_looks(given(kind, photos, wanted), wanted)
    assert found.kind == kind and found.sure == (kind != "missing")


@pytest.mark.parametrize(("mean", "std"), [(0.45, 0.11), (0.75, 0.12), (0.25, 0.15), (0.5, 0.35)])
def test_pale_and_dark_photos_are_not_accused(mean, std):
    generator = torch.Generator().manual_seed(0)
    photos = (mean + std * torch.randn(32, 3, 40, 40, generator=generator)).clamp(0, 1)
    for constants in KNOWN.values():
        wanted = Preprocessing((40, 40), *constants)
        assert by_its_looks(wanted.normalize(photos), wanted).kind == "right"


def test_near_duplicates_are_photos_saved_anew_not_photos_of_one_camera(tmp_path):
    train, val = (open_world("lab").photos(split) for split in ("train", "val"))
    assert not _near(train.paths, val.paths)
    copies = [tmp_path / f"{at}.jpg" for at in range(20)]
    for at, path in enumerate(copies):
        train[at][0].save(path, quality=60)
    assert {one for one, _ in _near(train.paths[:40], copies)} == set(train.paths[:20])


def test_bursts_and_cameras_on_both_sides_are_named(model):
    photos = open_world("lab").photos("train")
    report = examine(model, photos.subset(range(0, 800, 2)), photos.subset(range(1, 800, 2)))
    assert "burst-on-both-sides" in report.codes and "camera-on-both-sides" in report.codes


def test_a_report_reads_well_in_a_terminal_and_in_a_notebook():
    findings = (Finding("a-code", "error", "layer <1>", "seen & heard", "do(this)"),
                Finding("a-note", "note", "there", "something", "nothing"))  # fmt: skip
    report = Report(findings, ("one", "two"), {"three": "no optimizer"}, ("mended it",), 1.5)
    assert str(report).splitlines()[0] == "1 error, 1 note; 2 checks in 1.5 s."
    assert "✗ a-code, layer <1>: seen & heard\n    do(this)" in str(report)
    assert "not looked at: three (no optimizer)" in str(report) and "mended: mended it" in str(report)
    html = report._repr_html_()
    assert "layer &lt;1&gt;" in html and "<script" not in html and "seen &amp; heard" in html
    assert report.codes == ["a-code", "a-note"] and not report.healthy
    assert Report(findings[1:], ()).healthy


@pytest.mark.parametrize(
    ("told", "found"),
    [([0.5, 0.52, 0.5, 0.51], ["domain-classifier-blind"]), ([0.8, 0.99, 1.0, 1.0], ["domain-classifier-wins"]),
     ([0.8, 0.9, 0.7, 0.6], []), ([0.5, 0.51], []), ([], [])],
)  # fmt: skip
def test_a_domain_classifier_that_never_learned_and_one_that_wins_are_named(told, found, model):
    history = History()
    for share in told or [None] * 4:
        values = {} if share is None else {"domain_accuracy": share}
        history.add(loss=1.0 - 0.2 * len(history), accuracy=0.9, lr=1e-3, phase=0, seconds=1.0, **values)
    report = examine(model, history=history)
    assert [code for code in report.codes if code.startswith("domain")] == found
    assert ("the domain classifier" in report.looked) == bool(told)
