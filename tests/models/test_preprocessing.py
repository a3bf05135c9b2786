"""P19, P20: the model's own preprocessing, equal to the libraries' evaluation transforms."""

import copy
import pickle

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn

from chapter9_lib.models import Preprocessing, load_model, load_pretrained, preprocessing, replace_head, save_model
from chapter9_lib.worlds import open_photo


def photo(width, height, mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height)).convert(mode)


SHAPES = [(256, 256), (300, 200), (199, 301), (96, 72), (640, 481)]


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("edges", "crop_pct"), [((224, 224), 0.875), ((160, 160), 0.95), ((72, 96), 0.9)])
def test_equals_timms_evaluation_transform(size, interpolation, edges, crop_pct):
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
    theirs = timm.data.create_transform(
        (3, *edges), interpolation=interpolation, mean=mean, std=std, crop_pct=crop_pct, crop_mode="center"
    )
    ours = Preprocessing(edges, mean, std, interpolation, crop_pct).transform()
    image = photo(*size)
    assert torch.allclose(ours(image), theirs(image), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("crop_pct", [1.0, 0.9])
def test_whole_frame_equals_timms_squash(size, crop_pct):
    theirs = timm.data.create_transform(
        (3, 72, 96), interpolation="bilinear", mean=(0.5,) * 3, std=(0.25,) * 3, crop_pct=crop_pct, crop_mode="squash"
    )
    ours = Preprocessing((72, 96), (0.5,) * 3, (0.25,) * 3, crop_pct=crop_pct, crop=False).transform()
    assert torch.allclose(ours(photo(*size)), theirs(photo(*size)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "efficientnet_b1", "swin_v2_t", "regnet_y_400mf"])
def test_equals_torchvisions_preset(name):
    preset = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    ours = preprocessing(load_pretrained(name, source="torchvision", pretrained=False)).transform()
    for size in SHAPES:
        assert torch.allclose(ours(photo(*size)), preset(photo(*size)), atol=1e-6, rtol=0), size


def test_timms_own_numbers_are_read():
    model = load_pretrained("mobilenetv3_small_050", pretrained=False)
    config = timm.data.resolve_model_data_config(model)
    own = preprocessing(model)
    assert (own.size, own.mean, own.std) == (config["input_size"][1:], config["mean"], config["std"])
    assert (own.interpolation, own.crop_pct) == (config["interpolation"], config["crop_pct"])


def test_timm_hears_what_a_stored_checkpoint_wants(tmp_path):
    model = load_pretrained("test_resnet", pretrained=False)
    model.preprocessing = own = Preprocessing((64, 96), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "lanczos", 0.8, crop=False)
    loaded = load_model(save_model(model, tmp_path / "own"))
    config = timm.data.resolve_model_data_config(loaded)
    assert (config["input_size"], config["mean"], config["std"]) == ((3, *own.size), own.mean, own.std)
    assert (config["interpolation"], config["crop_pct"], config["crop_mode"]) == ("lanczos", 0.8, "squash")


def test_a_model_that_says_nothing_gets_no_silent_imagenet_numbers():
    with pytest.raises(ValueError, match=r"model\.preprocessing = Preprocessing"):
        preprocessing(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)))
    model = timm.create_model("test_resnet")
    model.pretrained_cfg = {"input_size": (3, 224, 224)}
    with pytest.raises(ValueError, match="doesn't say how"):
        preprocessing(model)


def test_travels_with_the_model():
    model = load_pretrained("test_resnet", pretrained=False)
    model.preprocessing = own = Preprocessing((40, 50), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert preprocessing(copy.deepcopy(model)) == own
    assert preprocessing(replace_head(model, 3)) == own
    assert pickle.loads(pickle.dumps(own.transform()))(photo(60, 60)).shape == (3, 40, 50)


def test_grey_and_transparent_photos_become_three_channels():
    transform = Preprocessing((20, 30), (0.5,) * 3, (0.5,) * 3).transform()
    for mode in ("L", "RGBA", "P", "CMYK"):
        assert transform(photo(50, 40, mode)).shape == (3, 20, 30)


TURNED = Image.Exif()
TURNED[0x0112] = 6
RAMP = np.linspace(0, 65535, 48 * 64).reshape(48, 64)
DEEP = {
    "png": Image.fromarray(RAMP.astype(np.uint16)),
    "i.tif": Image.fromarray(RAMP.astype(np.int32)),
    "f.tif": Image.fromarray((RAMP / 65535).astype(np.float32)),
}
STORED = [
    *((image, name, {}) for name, image in DEEP.items()),
    *((Image.new("RGBA", (64, 48), (0, 0, 0, 60)).convert(mode), "png", {}) for mode in ("RGBA", "LA")),
    (Image.new("P", (64, 48), 3), "gif", {"transparency": 3}),
    (photo(64, 48, "CMYK"), "jpg", {}),
    *((photo(64, 48), suffix, {"exif": TURNED}) for suffix in ("jpg", "png", "tif")),
    (photo(64, 48, "L"), "png", {"exif": TURNED}),
]


@pytest.mark.parametrize(("image", "name", "options"), STORED)
def test_a_picture_straight_from_a_file_is_read_as_open_photo_does(image, name, options, tmp_path):
    path, own = tmp_path / f"a.{name}", Preprocessing((20, 30), (0.5,) * 3, (0.5,) * 3)
    image.save(path, **options)
    wanted = own.pixels(open_photo(path))
    with Image.open(path) as opened:
        assert torch.equal(own.pixels(opened), wanted)
    assert options or name == "jpg" or torch.equal(own.pixels(image), wanted), "nor does it matter whether it is stored"


@pytest.mark.parametrize("image", DEEP.values())
def test_grey_of_many_bits_is_no_blank_frame(image):
    own = Preprocessing((48, 64), (0.5,) * 3, (0.5,) * 3)
    assert 127 < own.pixels(image).float().mean() < 128
    assert own.transform(train=True)(image).std() > 0.4


def test_what_was_turned_by_hand_is_not_turned_again(tmp_path):
    photo(64, 48).save(tmp_path / "a.jpg", exif=TURNED)
    own = Preprocessing((64, 48), (0.5,) * 3, (0.5,) * 3)
    with Image.open(tmp_path / "a.jpg") as opened:
        by_hand = opened.transpose(Image.Transpose.ROTATE_270)
        assert torch.equal(own.pixels(opened), own.pixels(by_hand))


def test_training_views_differ_and_follow_torchs_seed():
    transform = Preprocessing((32, 32), (0.5,) * 3, (0.5,) * 3).transform(train=True)
    torch.manual_seed(0)
    first, second = transform(photo(64, 64)), transform(photo(64, 64))
    torch.manual_seed(0)
    assert torch.equal(first, transform(photo(64, 64)))
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "wrong",
    [{"interpolation": "magic"}, {"crop_pct": 0}, {"std": (0.0, 1, 1)}, {"mean": (0.5,)}, {"size": (8,)}],
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        Preprocessing(**({"size": (8, 8), "mean": (0.5,) * 3, "std": (0.5,) * 3} | wrong))


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ({"size": 224}, r"size=224: .*\(224, 224\)"),
        ({"mean": 0.5}, r"mean=0.5: .*\(0.5, 0.5, 0.5\)"),
        ({"std": 1}, r"std=1: .*\(1, 1, 1\)"),
    ],
)
def test_a_single_number_is_told_how_many_are_wanted(wrong, cure):
    with pytest.raises(TypeError, match=cure):
        Preprocessing(**({"size": (8, 8), "mean": (0.5,) * 3, "std": (0.5,) * 3} | wrong))
