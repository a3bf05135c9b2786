"""Photos and sentences in one space, and classifiers made of words."""

import copy

import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import find_head, image_text, load_model, save_model, zero_shot
from chapter9_lib.training import contrastive_loss, evaluate
from chapter9_lib.worlds.descriptions import VOCABULARY

WORDS = ["a", "red", "green", "blue", "field", "of", "colour"]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return image_text(16, WORDS).eval()


def test_vectors_have_length_one_and_don_t_depend_on_the_company(model):
    texts = ["a red field", "Blue!", "a field of green colour, a field"]
    together, images = model.encode_texts(texts), torch.rand(3, 3, 72, 96)
    assert together.shape == (3, 16) and torch.allclose(together.norm(dim=1), torch.ones(3), atol=1e-5)
    for row, text in enumerate(texts):
        assert torch.allclose(model.encode_texts([text])[0], together[row], atol=1e-5)
    assert not torch.allclose(model.encode_texts(["red a field"])[0], together[0], atol=1e-3)  # order counts
    scores = model(images, texts)
    assert torch.allclose(scores, model.log_scale.exp() * model.encode_images(images) @ together.T, atol=1e-4)


@pytest.mark.parametrize(
    ("texts", "error", "said"),
    [(["a rad field"], ValueError, "'rad'.*red"), (["?!"], ValueError, "no words"), ("red", TypeError, r"\['red'\]")],
)  # fmt: skip
def test_texts_that_it_cannot_read_are_refused(model, texts, error, said):
    with pytest.raises(error, match=said):
        model.encode_texts(texts)


def test_saved_and_loaded_it_is_the_same(model, tmp_path):
    again = load_model(save_model(model, tmp_path / "pair"))
    assert torch.equal(again.encode_texts(["a red field"]), model.encode_texts(["a red field"]))
    assert again.card["create_kwargs"]["vocabulary"] == WORDS and again.preprocessing.size == (72, 96)


def test_a_classifier_of_words_averages_as_it_says(model):
    prompts, templates = {"warm": ["red", "a red field"], "cold": "blue"}, ["{}", "a field of {}"]
    before = copy.deepcopy(model.state_dict())
    made = zero_shot(model, prompts, templates=templates)
    said = F.normalize(model.encode_texts(["red", "a field of red", "a red field", "a field of a red field"]), dim=1)
    wanted = model.log_scale.exp() * F.normalize(said.mean(0), dim=0)
    assert torch.allclose(made.head.weight[0], wanted, atol=1e-4)
    images = torch.rand(2, 3, 72, 96)
    assert torch.allclose(made(images), model.encode_images(images) @ made.head.weight.T, atol=1e-4)
    assert made.classes == ["warm", "cold"] and find_head(made).name == "head" and not made.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_it_is_evaluated_by_the_names_of_its_classes(model):
    class Photos(list):
        labels, classes = [0, 1, 1], ["red", "blue"]

    photos = Photos((Image.new("RGB", (96, 72), name), label) for name, label in (("red", 0), ("blue", 1), ("blue", 1)))
    found = evaluate(zero_shot(model, {"blue": "a blue field", "red": "a red field"}), photos)
    assert found.classes == ["blue", "red"] and found.labels.tolist() == [1, 0, 0]


def test_it_follows_the_format_of_its_model_and_draws_nothing_at_random(model):
    images, state = torch.rand(2, 3, 72, 96).bfloat16(), torch.get_rng_state()
    made = zero_shot(model.bfloat16(), {"warm": "red", "cold": "blue"})
    assert made(images).shape == (2, 2) and made.head.weight.dtype == torch.float32
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("prompts", "options", "error", "said"),
    [
        ({}, {}, ValueError, "Every class"), ({"a": []}, {}, ValueError, "Every class"),
        ({"a": "red"}, {"templates": ["a photo"]}, ValueError, "template"),
        ({"a": "red"}, {"templates": []}, ValueError, "template"),
        (["red", "blue"], {}, TypeError, "a description for each class"),
    ],
)  # fmt: skip
def test_prompts_that_make_no_classifier_are_refused(model, prompts, options, error, said):
    with pytest.raises(error, match=said):
        zero_shot(model, prompts, **options)


def test_a_model_without_texts_or_tokenizer_is_named():
    with pytest.raises(TypeError, match="Linear knows no texts"):
        zero_shot(nn.Linear(2, 2), {"a": "b"})
    other = nn.Linear(2, 2)
    other.encode_text = lambda tokens: tokens
    with pytest.raises(ValueError, match="tokenizer"):
        zero_shot(other, {"a": "b"})


def test_the_contrastive_loss_by_hand_and_what_it_teaches(model):
    photos, texts = (F.normalize(torch.randn(5, 4), dim=1) for _ in range(2))
    cosines = 10 * photos @ texts.T
    by_hand = -(cosines.log_softmax(1).diagonal().mean() + cosines.log_softmax(0).diagonal().mean()) / 2
    assert float(contrastive_loss(photos, texts, 10)) == pytest.approx(float(by_hand), abs=1e-5)
    with pytest.raises(ValueError, match="as many"):
        contrastive_loss(photos, texts[:3], 10)
    images = torch.zeros(3, 3, 72, 96)
    for channel in range(3):
        images[channel, channel] = 1
    optimizer = torch.optim.AdamW(model.train().parameters(), 1e-3)
    for _ in range(80):
        loss = contrastive_loss(model.encode_images(images), model.encode_texts(WORDS[1:4]), model.log_scale.exp())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.eval()(images, WORDS[1:4]).argmax(1).tolist() == [0, 1, 2]


def test_the_vocabulary_names_no_target_species():
    assert not {"fox", "deer", "boar", "badger", "lynx", "roe", "wild", "european", "eurasian"} & set(VOCABULARY)


def tiny_clip(open_clip):
    torch.manual_seed(0)
    model = open_clip.CLIP(
        16, {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32},
        {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    )  # fmt: skip
    return model.eval(), open_clip.get_tokenizer("ViT-B-32")


def test_equal_to_open_clips_classifier_and_loss():
    open_clip = pytest.importorskip("open_clip")
    model, tokenizer = tiny_clip(open_clip)
    names, templates = ["badger", "red fox"], ["a photo of a {}", "{} at night"]
    ours = zero_shot(model, {name: name for name in names}, templates=templates, tokenizer=tokenizer)
    theirs = open_clip.build_zero_shot_classifier(
        model, tokenizer, names, [lambda name, form=form: form.format(name) for form in templates], device="cpu"
    )
    scale = model.logit_scale.exp().item()
    assert torch.allclose(ours.head.weight, scale * theirs.T, atol=1e-5 * scale)
    images = torch.rand(3, 3, 32, 32)
    wanted = scale * F.normalize(model.encode_image(images), dim=1) @ theirs
    assert torch.allclose(ours(images), wanted, atol=1e-4)
    photos, texts = (F.normalize(torch.randn(6, 16), dim=1) for _ in range(2))
    assert torch.allclose(contrastive_loss(photos, texts, 9.0), open_clip.ClipLoss()(photos, texts, 9.0), atol=1e-6)


def test_a_clip_of_transformers_serves_too():
    transformers = pytest.importorskip("transformers")
    inner = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config={**inner, "vocab_size": 50, "max_position_embeddings": 12, "eos_token_id": 49},
        vision_config={**inner, "image_size": 32, "patch_size": 16}, projection_dim=16,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.CLIPModel(config).eval()

    def tokenizer(texts, **options):
        rows = torch.tensor([[*(sum(map(ord, word)) % 48 for word in text.split()), 49] for text in texts])
        return transformers.BatchEncoding({"input_ids": rows, "attention_mask": torch.ones_like(rows)})

    made = zero_shot(model, {"badger": ["a badger", "grey badger"], "fox": "red fox"}, tokenizer=tokenizer)
    images = torch.rand(2, 3, 32, 32)
    said = model(pixel_values=images, **tokenizer(["red fox", "grey badger"])).logits_per_image
    assert torch.allclose(made(images)[:, 1], said[:, 0], atol=1e-4)
