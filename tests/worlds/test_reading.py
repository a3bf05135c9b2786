import pickle
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.worlds import UnreadablePhoto, open_photo, reading


def changes(path):
    return " | ".join(f"{why} -> {done}" for why, done in reading.read_photo(path).changes)


def test_a_plain_jpeg_needs_no_change(tmp_path, picture):
    picture().save(tmp_path / "a.JPG", "JPEG")
    image = open_photo(tmp_path / "a.JPG")
    assert (image.mode, image.size) == ("RGB", (40, 30))
    assert changes(tmp_path / "a.JPG") == ""


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_rotation_is_undone(tmp_path, orientation):
    upright = Image.new("RGB", (40, 20), "black")
    upright.paste("white", (0, 0, 10, 5))
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = upright
    for step in undo[orientation]:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(np.asarray(open_photo(tmp_path / "a.png")), np.asarray(upright))
    assert "turned upright" in changes(tmp_path / "a.png")


def test_a_damaged_exif_block_does_not_lose_the_photo(tmp_path, picture):
    picture().save(tmp_path / "a.jpg", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12")
    assert open_photo(tmp_path / "a.jpg").size == (40, 30)


def test_cmyk(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    red, green, blue = open_photo(tmp_path / "a.jpg").getpixel((4, 4))
    assert red > 230 and green < 25 and blue < 25
    assert "CMYK" in changes(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_grey_keeps_black_and_white(tmp_path, suffix):
    pixels = np.array([[0, 32896, 65535]], dtype=np.uint16)
    Image.fromarray(pixels).save(tmp_path / f"a.{suffix}")
    image = open_photo(tmp_path / f"a.{suffix}")
    assert [image.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]
    assert "16-bit" in changes(tmp_path / f"a.{suffix}")


def test_16_bit_rgb_png(tmp_path):
    rows = b"\x00" + struct.pack(">6H", 0, 32896, 65535, 65535, 0, 0)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    image = open_photo(tmp_path / "a.png")
    assert [image.getpixel((x, 0)) for x in range(2)] == [(0, 128, 255), (255, 0, 0)]


def test_dark_16_bit_says_so(tmp_path):
    Image.fromarray(np.full((4, 4), 4095, dtype=np.uint16)).save(tmp_path / "a.png")
    assert "dark" in changes(tmp_path / "a.png")


def test_float_tiff_is_stretched(tmp_path):
    Image.fromarray(np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)).save(tmp_path / "a.tif")
    image = open_photo(tmp_path / "a.tif")
    assert [image.getpixel((x, 0))[0] for x in range(3)] == [0, 128, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(tmp_path, mode):
    if mode == "P":
        image = Image.new("P", (4, 1), 1)
        image.putpalette([0, 0, 0] * 256)
        image.putpixel((0, 0), 0)
        image.save(tmp_path / "a.png", transparency=1)
    else:
        image = Image.new("RGBA", (4, 1), (0, 0, 0, 0))
        image.putpixel((0, 0), (0, 0, 0, 255))
        image.convert(mode).save(tmp_path / "a.png")
    opened = open_photo(tmp_path / "a.png")
    assert (opened.getpixel((0, 0)), opened.getpixel((3, 0))) == ((0, 0, 0), (255, 255, 255))
    assert "on white" in changes(tmp_path / "a.png")


def test_an_opaque_alpha_channel_is_no_news(tmp_path, picture):
    picture().convert("RGBA").save(tmp_path / "a.png")
    assert np.array_equal(np.asarray(open_photo(tmp_path / "a.png")), np.asarray(picture()))
    assert changes(tmp_path / "a.png") == ""


def test_palette_and_bilevel(tmp_path):
    Image.new("RGB", (4, 4), (200, 10, 10)).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a.png")
    Image.new("1", (4, 4), 1).save(tmp_path / "b.png")
    assert open_photo(tmp_path / "a.png").getpixel((0, 0)) == (200, 10, 10)
    assert open_photo(tmp_path / "b.png").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_the_first_frame_of_an_animation(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    extra = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **extra)
    assert open_photo(tmp_path / f"a.{suffix}").getpixel((4, 4)) == (255, 0, 0)
    assert "2 frames" in changes(tmp_path / f"a.{suffix}")


def test_a_wrong_suffix_is_read_and_named(tmp_path, picture):
    picture().save(tmp_path / "a.jpg", "PNG")
    assert np.array_equal(np.asarray(open_photo(tmp_path / "a.jpg")), np.asarray(picture()))
    assert "a PNG file named .jpg" in changes(tmp_path / "a.jpg")


def test_a_huge_picture_is_refused_before_it_takes_memory(tmp_path):
    for name, side in (("large.png", 12_000), ("bomb.png", 60_000)):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
        data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + data)
        with pytest.raises(UnreadablePhoto, match="huge.*100 megapixels.*smaller copy"):
            open_photo(tmp_path / name)
    tags = {256: 20_000, 257: 20_000, 258: 1, 259: 1, 262: 1, 273: 8, 277: 1, 278: 20_000, 279: 50_000_000}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    (tmp_path / "map.tif").write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4))
    with pytest.raises(UnreadablePhoto, match="huge.*100 megapixels.*smaller copy"):
        open_photo(tmp_path / "map.tif")


def test_a_large_picture_is_let_in_alone_and_handed_on_small_by_quick_reading(tmp_path, monkeypatch):
    page = Image.new("1", (6000, 5000), 1)
    page.paste(0, (0, 0, 3000, 5000))
    page.save(tmp_path / "page.png")
    inside = []
    own = reading.to_rgb
    monkeypatch.setattr(reading, "to_rgb", lambda *given: inside.append(reading._one_by_one.locked()) or own(*given))
    quick = reading.read_photo(tmp_path / "page.png", quick=True).image
    assert quick.size == (1500, 1250) and [quick.getpixel((x, 600))[0] for x in (10, 1400)] == [0, 255]
    assert open_photo(tmp_path / "page.png").size == (6000, 5000) and inside == [True, True]
    assert not reading._one_by_one.locked()
    (tmp_path / "page.png").write_bytes((tmp_path / "page.png").read_bytes()[:200])
    with pytest.raises(UnreadablePhoto):
        open_photo(tmp_path / "page.png")
    assert not reading._one_by_one.locked()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_counts_as_what_is_decoded_of_it(tmp_path, picture, monkeypatch, progressive):
    picture(800, 800).save(tmp_path / "a.jpg", progressive=progressive)
    monkeypatch.setattr(reading, "_LARGE", 200_000)
    with Image.open(tmp_path / "a.jpg") as image:
        assert reading.decoded(image, reading._one_by_one.locked, (None, (256, 256))) == progressive
        assert image.size == (400, 400)
    with Image.open(tmp_path / "a.jpg") as image:
        assert reading.decoded(image, reading._one_by_one.locked)


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_photo_is_named(tmp_path, picture, suffix, share, quick):
    path = tmp_path / f"a.{suffix}"
    picture(400, 300).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UnreadablePhoto, match="cut off") as caught:
        reading.read_photo(path, quick=quick)
    assert caught.value.path == path


@pytest.mark.parametrize("size", [8, 30, 100])
def test_a_jpeg_cut_off_in_its_header_is_named(tmp_path, picture, size):
    path = tmp_path / "a.jpg"
    picture(400, 300).save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UnreadablePhoto, match="cut off"):
        open_photo(path)


def test_a_truncated_progressive_jpeg_is_named(tmp_path, picture):
    path = tmp_path / "a.jpg"
    picture(400, 300).save(path, progressive=True)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(UnreadablePhoto, match="cut off"):
        open_photo(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0", "cut off"),
        (b"hello", "not a photo"),
        (b"%PDF-1.7 x", "PDF"),
        (b"PK\x03\x04 x", "ZIP"),
        (b"<!DOCTYPE HTML><p>404", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "LFS"),
        (b"\x00\x00\x00\x18ftypheic....", "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a photo"),
    ],
)
def test_what_is_no_photo_is_named(tmp_path, content, message):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UnreadablePhoto, match=message) as caught:
        open_photo(tmp_path / "a.jpg")
    assert "a.jpg" in str(caught.value) and caught.value.cure


def test_a_flipped_byte_in_a_png_is_named(tmp_path, picture):
    path = tmp_path / "a.png"
    picture(100, 100).save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UnreadablePhoto):
        open_photo(path)


def test_missing_and_forbidden(tmp_path, picture, monkeypatch):
    with pytest.raises(UnreadablePhoto, match="no such file"):
        open_photo(tmp_path / "gone.jpg")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(UnreadablePhoto, match="Permission denied.*permissions"):
        open_photo(tmp_path / "a.jpg")


def test_camera_raw_is_named(tmp_path, picture):
    picture().save(tmp_path / "a.dng", "TIFF")
    with pytest.raises(UnreadablePhoto, match="export it as JPEG"):
        open_photo(tmp_path / "a.dng")


def test_the_error_survives_a_worker_process(tmp_path):
    error = UnreadablePhoto(tmp_path, "why", "cure")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.cure) == (str(error), "cure")


def test_no_file_stays_open(tmp_path, picture):
    picture().save(tmp_path / "a.jpg")
    image = open_photo(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").unlink()
    assert image.resize((4, 4)).size == (4, 4)
