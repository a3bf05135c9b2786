"""Image classifiers of Hugging Face's transformers: head, stages, freezing, rates and cache, with random weights."""

import copy

import pytest
import torch

from chapter9_lib.models import Preprocessing, find_head, freeze, freeze_batchnorm, replace_head, stages
from chapter9_lib.training import evaluate, fine_tune, gradual_unfreezing, learning_rate_groups

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

SMALL = {"num_hidden_layers": 4, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64,
         "image_size": 64, "patch_size": 16}  # fmt: skip
PYRAMID = {"hidden_sizes": [16, 32, 32, 64], "depths": [1, 1, 2, 1]}
SWIN = {"image_size": 64, "patch_size": 2, "embed_dim": 12, "depths": [1, 1, 2, 1], "num_heads": [1, 2, 3, 4],
        "window_size": 4}  # fmt: skip
FAMILIES = {
    "ViT": (SMALL, "vit.embeddings"),
    "DeiT": (SMALL, "deit.embeddings"),
    "Beit": (SMALL, "beit.embeddings"),
    "Dinov2": (SMALL, "dinov2.embeddings"),
    "ResNet": (PYRAMID | {"embedding_size": 16, "layer_type": "basic"}, "resnet.embedder"),
    "RegNet": (PYRAMID | {"embedding_size": 16, "groups_width": 8}, "regnet.embedder"),
    "ConvNext": (PYRAMID | {"image_size": 64}, "convnext.embeddings"),
    "Swin": (SWIN, "swin.embeddings"),
    "MobileNetV2": ({"depth_multiplier": 0.35, "image_size": 64}, "mobilenet_v2.conv_stem"),
}


def build(family):
    torch.manual_seed(0)
    settings, _ = FAMILIES[family]
    config = getattr(transformers, f"{family}Config")(**settings, num_labels=7)
    return getattr(transformers, f"{family}ForImageClassification")(config)


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_holds_on_it(family, toy_photos):
    model = build(family)
    replace_head(model, 3)
    model.preprocessing = Preprocessing((64, 64), (0.5,) * 3, (0.25,) * 3, crop=False)
    assert model.config.num_labels == find_head(model).out_features == 3
    found = stages(model)
    assert found[0].name == FAMILIES[family][1] and len(found) >= 6
    assert sorted(id(p) for stage in found for p in stage.parameters()) == sorted(id(p) for p in model.parameters())
    held = [id(p) for group in learning_rate_groups(model) for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
    until = found[len(found) // 2].name
    models = [freeze(freeze_batchnorm(copy.deepcopy(model)), until) for _ in range(2)]
    frozen = {name for stage in found[: len(found) // 2] for name in stage.tensors}
    for tried, cache in zip(models, (True, False), strict=True):
        fine_tune(tried, toy_photos(8), epochs=2, batch_size=4, augment=False, cache=cache, device="cpu")
    for name, tensor in models[0].state_dict().items():
        assert torch.allclose(tensor.float(), models[1].state_dict()[name].float(), atol=1e-5), name
        assert name not in frozen or torch.equal(tensor, model.state_dict()[name]), name


def test_both_heads_of_a_distilled_transformer_are_exchanged():
    torch.manual_seed(0)
    config = transformers.DeiTConfig(**SMALL, num_labels=7)
    model = replace_head(transformers.DeiTForImageClassificationWithTeacher(config), 3)
    assert find_head(model).name == "cls_classifier" and len(find_head(model).extra) == 1
    assert model(torch.randn(2, 3, 64, 64)).logits.shape == (2, 3)


def test_phases_train_it(toy_photos):
    model = replace_head(build("ViT"), 3)
    model.preprocessing = Preprocessing((64, 64), (0.5,) * 3, (0.25,) * 3, crop=False)
    phases = gradual_unfreezing(model, epochs=4, head_lr=1e-2)
    fine_tune(model, toy_photos(24), phases=phases, batch_size=8, device="cpu")
    assert evaluate(model, toy_photos(12, seed=1), device="cpu").accuracy > 0.5
