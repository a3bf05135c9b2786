import random

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from chapter9_lib.models import Preprocessing, freeze
from chapter9_lib.training import ActivationCache, CacheRefused, PhotoBatches, augment_batch, fine_tune, labels_of
from chapter9_lib.training.augmentation import to_the_border
from chapter9_lib.training.data import epoch_batches, is_steady
from chapter9_lib.worlds import Photos

PREPARATION = Preprocessing((24, 20), (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), crop=False)


class Flipped:
    """Photos that are mirrored now and then, by a transform of the dataset's own."""

    def __init__(self, photos):
        self.photos, self.dice = photos, np.random.default_rng(0)

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, at):
        image, label = self.photos[at]
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.dice.random() < 0.5 else image, label


@pytest.mark.parametrize("memory_limit", [0, 1 << 30])
def test_batches_equal_the_transform(toy_photos, memory_limit):
    photos = toy_photos(8)
    batches = PhotoBatches(photos, PREPARATION, memory_limit=memory_limit)
    assert (batches.decoded is None) == (memory_limit == 0)
    batch = batches.batch(torch.tensor([5, 2, 5]))
    transform = PREPARATION.transform()
    for row, position in enumerate([5, 2, 5]):
        assert torch.equal(batch[row], transform(photos[position][0]))


def test_photos_that_fit_are_decoded_once(toy_photos, tmp_path, monkeypatch):
    some, opened = toy_photos(8, folder=tmp_path), []
    photos = Photos(some.paths, some.labels, some.classes)
    monkeypatch.setattr(
        "chapter9_lib.worlds.photos.open_photo", lambda path: opened.append(path) or Image.open(path).convert("RGB")
    )
    batches = PhotoBatches(photos, PREPARATION)
    for _ in range(3):
        batches.batch(torch.arange(8))
    assert opened == some.paths


def test_a_photo_is_decoded_once_for_all_of_its_views(toy_photos, tmp_path, monkeypatch, small_model):
    some, opened = toy_photos(8, folder=tmp_path), []
    photos = Photos(some.paths, some.labels, some.classes)
    monkeypatch.setattr(
        "chapter9_lib.worlds.photos.open_photo", lambda path: opened.append(path) or Image.open(path).convert("RGB")
    )
    views = list(PhotoBatches(photos, PREPARATION, memory_limit=0).in_views(3, seed=5))
    assert opened == some.paths and [view for view, _, _ in views] == [0, 1, 2]
    pixels = PhotoBatches(photos, PREPARATION).pixels(torch.arange(8)).float().div(255)
    for view, indices, seen in views:
        generator = torch.Generator().manual_seed(5 + view)
        assert torch.equal(indices, torch.arange(8))
        assert torch.equal(seen, augment_batch(pixels, generator).mul(255).round().to(torch.uint8))
    costs = []
    for count in (1, 4):
        opened.clear()
        ActivationCache(freeze(small_model), photos, views=count, device="cpu")
        costs.append(len(opened))
    assert costs[0] == costs[1] < 20


def test_random_transforms_of_a_dataset_are_drawn_anew(toy_photos):
    batches = PhotoBatches(Flipped(toy_photos(12)), PREPARATION)
    first, *others = (batches.batch(torch.arange(12)) for _ in range(4))
    assert batches.decoded is None and not all(torch.equal(first, other) for other in others)
    assert PhotoBatches(toy_photos(12), PREPARATION).decoded is not None


def test_random_transforms_of_a_dataset_have_no_cache(toy_photos, small_model):
    train, options = toy_photos(12), {"epochs": 1, "device": "cpu", "progress": False}
    history = fine_tune(freeze(small_model), Flipped(train), **options)
    assert history.cache.startswith("not used: the dataset changes its photos each time")
    assert fine_tune(small_model, train, **options).cache.startswith("used")
    with pytest.raises(CacheRefused, match="random transforms"):
        fine_tune(small_model, train, Flipped(toy_photos(6)), cache=True, **options)


class Drawing(Flipped):
    """Photos for which a die of so many sides is thrown: each change is rare, the throw is not."""

    DICE = {
        "torch": lambda: int(torch.randint(10_000, ())),
        "numpy": lambda: np.random.randint(10_000),
        "python": lambda: random.randrange(10_000),
    }

    def __init__(self, photos, dice):
        super().__init__(photos)
        self.throw = self.DICE[dice]

    def __getitem__(self, at):
        image, label = self.photos[at]
        return image.convert("L").convert("RGB") if self.throw() == 0 else image, label


@pytest.mark.parametrize("dice", Drawing.DICE)
def test_rare_changes_are_known_by_the_dice_that_are_thrown(toy_photos, dice):
    photos, throw = Drawing(toy_photos(6), dice), Drawing.DICE[dice]
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(5)
    expected = [throw() for _ in range(4)]
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(5)
    assert not is_steady(photos)
    assert [throw() for _ in range(4)] == expected, "nothing has been drawn for whoever draws next"


def test_a_dataset_that_seeds_itself_by_the_number_of_the_photo_is_steady(toy_photos):
    class Seeded(Drawing):
        def __getitem__(self, at):
            random.seed(at)
            return super().__getitem__(at)

    assert is_steady(Seeded(toy_photos(6), "python")) and is_steady(toy_photos(6))


def test_shuffling_visits_every_photo_and_follows_the_seed():
    orders = [torch.cat(list(epoch_batches(50, 8, torch.Generator().manual_seed(seed)))) for seed in (1, 1, 2)]
    assert sorted(orders[0].tolist()) == list(range(50))
    assert torch.equal(orders[0], orders[1]) and not torch.equal(orders[0], orders[2])
    assert torch.equal(torch.cat(list(epoch_batches(50, 8))), torch.arange(50))
    assert sum(len(batch) for batch in epoch_batches(9, 4, torch.Generator())) == 8
    assert sum(len(batch) for batch in epoch_batches(9, 4)) == 9


def test_views_follow_the_seed_and_stay_photos():
    images = torch.rand(64, 3, 24, 20)
    first, again, other = (augment_batch(images, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.shape == images.shape and 0 <= first.min() and first.max() <= 1


def test_half_of_the_views_are_mirrored_and_nothing_else_without_zoom_and_light():
    images = torch.rand(200, 3, 8, 10)
    views = augment_batch(images, torch.Generator().manual_seed(0), zoom=0, light=0)
    plain = torch.isclose(views, images, atol=1e-4).flatten(1).all(1)
    mirrored = torch.isclose(views, images.flip(-1), atol=1e-4).flatten(1).all(1)
    assert (plain ^ mirrored).all() and 70 < mirrored.sum() < 130


def test_crops_stay_inside_the_frame():
    ramp = torch.linspace(0.2, 0.8, 50).expand(40, 3, 50, 50)
    views = augment_batch(ramp, torch.Generator().manual_seed(0), light=0, zoom=0.2, flip=0)
    span = views[..., -1] - views[..., 0]
    assert views.min() >= 0.2 - 1e-5 and views.max() <= 0.8 + 1e-5
    assert (span > 0.6 * 0.78).all() and (span < 0.6 * 1.001).all() and span.std() > 0.01


def test_a_crop_of_the_width_leaves_every_row_where_it_was():
    rows = torch.linspace(0.2, 0.8, 50)[:, None].expand(40, 3, 50, 50)
    columns = rows.transpose(2, 3)
    look = {"light": 0, "zoom": 0.3, "flip": 0, "crop": "width"}
    same, cut = (augment_batch(images, torch.Generator().manual_seed(0), **look) for images in (rows, columns))
    assert torch.allclose(same, rows, atol=1e-5) and (cut[..., -1] - cut[..., 0]).std() > 0.01


def test_labels_of_plain_lists(toy_photos):
    photos = toy_photos(5)
    assert labels_of([photos[i] for i in range(5)]).tolist() == photos.labels.tolist()
    assert labels_of(photos).dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0.0, 0.7], "is 0.7.*number of a class"), ([0.0, np.nan], "is nan"), ([[0, 1], [1, 0]], r"\(2, 2\).*argmax")],
)
def test_labels_that_name_no_class(toy_photos, labels, words):
    photos = toy_photos(2)
    photos.labels = np.array(labels)
    with pytest.raises(ValueError, match=f"labels? of the training photos .*{words}"):
        labels_of(photos, "training photos")
    photos.labels = np.array([1.0, 0.0])
    assert labels_of(photos).tolist() == [1, 0] and labels_of(photos).dtype == np.int64


def test_a_grid_that_stops_at_the_outermost_centres_sees_what_border_padding_sees():
    images, random = torch.rand(4, 3, 9, 13), torch.Generator().manual_seed(0)
    grid = torch.rand(4, 20, 30, 2, generator=random) * 2.4 - 1.2
    border = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    ours = F.grid_sample(images, to_the_border(grid, images.shape), align_corners=False)
    assert torch.allclose(ours, border, atol=1e-5)


class Endless:
    """A dataset that gives something at every position, as one that draws its photos does."""

    def __init__(self, photos):
        self.photos = photos

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, index):
        assert index < 100, "nobody asks for more than there are"
        return self.photos[index % len(self)]


def test_a_dataset_ends_where_its_length_says(toy_photos, small_model):
    photos = toy_photos(6)
    assert labels_of(Endless(photos)).tolist() == photos.labels.tolist()


def test_what_a_training_goes_on_from_is_passed_as_its_batches_are():
    large = PhotoBatches([Image.new("RGB", (8, 8))] * 40, Preprocessing((224, 224), (0.5,) * 3, (0.5,) * 3))
    sizes = [list(map(len, large.steps(32, alike=alike))) for alike in (False, True)]
    assert max(sizes[0]) < 16 <= max(sizes[1]) <= 32 and sum(sizes[0]) == sum(sizes[1]) == 40
    assert max(map(len, large.steps(4, alike=True))) == 4
    assert max(len(indices) for _, indices, _ in large.in_views(2)) == max(sizes[1])
