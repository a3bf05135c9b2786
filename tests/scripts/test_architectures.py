"""Any architecture: one small member of each family, and what the sweep over all of them reports."""

import json

import pytest
import torch
from torch import nn

from chapter9_lib.models.architectures import known_names
from chapter9_lib.paths import assets
from data_scripts import architecture_checks, sweep_architectures
from data_scripts.architecture_checks import CHECKS, check_architecture

TIMM = """
starnet_s050 dla46x_c mobilevit_xxs edgenext_xx_small mobilenetv3_small_050 mobilenetv2_035 ese_vovnet19b_slim_dw
convnext_zepto_rms repghostnet_050 efficientvit_m0 ghostnet_050 regnetx_002 cspnext_tiny iformer_t xcit_nano_12_p8_224
cs3darknet_focus_s efficientvit_b0 swiftformer_xs efficientformerv2_s0 pvt_v2_b0 fasternet_t0 fastvit_t8 lcnetv2_small
inception_next_atto rexnet_100 mobileone_s1 pit_ti_224 hardcorenas_b resnet10t repvit_m1 vit_tiny_patch16_dinov3_qkvb
coat_tiny convit_tiny vit_tiny_patch16_224 deit_tiny_patch16_224 gmlp_ti16_224 hgnetv2_b0 shvit_s1 vit_tiny_r_s16_p8_224
efficientvim_m1 crossvit_tiny_240 mambaout_femto maxvit_pico_rw_256 levit_128s densenet121 nf_regnet_b0
visformer_tiny resnest14d resnetv2_18 legacy_seresnet18 poolformerv2_s12 cait_xxs24_224 skresnet18 gcvit_xxtiny
tiny_vit_5m_224 efficientformer_l1 hrnet_w18_small convmixer_768_32 deit_tiny_distilled_patch16_224
""".split()
TORCHVISION = """
mobilenet_v2 mobilenet_v3_small shufflenet_v2_x0_5 squeezenet1_1 mnasnet0_5 efficientnet_b0 regnet_y_400mf resnet18
densenet121 googlenet swin_t
""".split()
ALL = [("timm", name) for name in TIMM] + [("torchvision", name) for name in TORCHVISION]


def test_the_spread_is_wide():
    assert len(set(ALL)) >= 60


@pytest.mark.parametrize(("source", "name"), ALL)
def test_everything_holds_on_it(source, name):
    if name not in known_names(source):
        pytest.skip(f"the installed {source} has no {name}")
    found = check_architecture(source, name)
    wrong = {check: outcome for check, outcome in found["checks"].items() if outcome is not True}
    assert not wrong and found["checks"].keys() == CHECKS.keys() and found["stages"] >= 4


def broken(check, monkeypatch):
    """The same checks on a network of which one thing is not as it should be."""
    if check == "head replaced":
        monkeypatch.setattr(architecture_checks, "replace_head", lambda model, classes: model)
    if check in ("frozen to the head", "frozen to the middle"):
        monkeypatch.setattr(architecture_checks, "freeze", lambda model, until: model.train())
    if check == "rates":
        groups = architecture_checks.learning_rate_groups
        monkeypatch.setattr(architecture_checks, "learning_rate_groups", lambda *args: groups(*args)[:-1])
    if check == "stages":
        cut = architecture_checks.stages
        monkeypatch.setattr(architecture_checks, "stages", lambda *args: cut(*args)[1:])
    if check == "cache at the middle":
        record = architecture_checks.record
        monkeypatch.setattr(
            architecture_checks, "record", lambda *args: {key: 2 * value for key, value in record(*args).items()}
        )
    return check_architecture("timm", "test_resnet")["checks"][check]


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_can_fail(check, monkeypatch):
    assert isinstance(broken(check, monkeypatch), str)


def test_a_guessed_name_is_right_silent_or_an_error():
    def guessed(model):
        return architecture_checks._guess(model.to("meta"), (3, 8, 8))

    class Net(nn.Module):
        def __init__(self, name, **more):
            super().__init__()
            self.stem, self.name = nn.Linear(192, 4), name
            setattr(self, name, nn.Linear(4, 9))
            for key, value in more.items():
                setattr(self, key, value)

        def forward(self, images):
            return getattr(self, self.name)(self.stem(images.flatten(1)))

    assert [guessed(Net("fc")), guessed(Net("head"))] == ["right", "silent"]
    with torch.device("meta"):
        assert architecture_checks._guess(Net("head", fc=3), (3, 8, 8)) in ("silent", "error")


def test_a_crash_is_a_finding(monkeypatch, tmp_path):
    import os

    monkeypatch.setattr(sweep_architectures, "FOLDER", tmp_path)
    monkeypatch.setattr(sweep_architectures, "check_architecture", lambda *name: os._exit(7))
    assert "ended with code 7" in sweep_architectures.try_one(("timm", "test_resnet"))["failed"]
    monkeypatch.setattr(sweep_architectures, "check_architecture", lambda *name: 1 / 0)
    sweep_architectures.sweep([("timm", "test_resnet")])
    assert "ZeroDivisionError" in sweep_architectures.answer(("timm", "test_resnet"))["failed"]


def test_an_answer_holds_for_the_code_that_gave_it(monkeypatch, tmp_path):
    monkeypatch.setattr(sweep_architectures, "FOLDER", tmp_path)
    monkeypatch.setattr(
        sweep_architectures, "try_one", lambda name: {"failed": "", "of": sweep_architectures._of(name[0])}
    )
    sweep_architectures.sweep([("timm", "test_resnet")])
    assert sweep_architectures.answer(("timm", "test_resnet"))
    monkeypatch.setattr(sweep_architectures, "_code", sweep_architectures._code.__wrapped__)
    assert sweep_architectures.answer(("timm", "test_resnet"))
    monkeypatch.setattr(sweep_architectures, "VOUCHED_FOR", sweep_architectures.VOUCHED_FOR[1:])
    assert sweep_architectures.answer(("timm", "test_resnet")) is None


def test_the_record_names_every_exception(monkeypatch, tmp_path):
    good = {"parameters": 10, "image": [32, 32], "head": "fc", "stages": 5, "guessed": "right", "numbers": True,
            "checks": dict.fromkeys(CHECKS, True)}  # fmt: skip
    drawn = "layers in front of the boundary draw random numbers in training mode"
    bad = good | {"guessed": "silent", "head": "top", "checks": good["checks"] | {"stages": drawn}}
    answers = {("timm", "a"): good, ("timm", "b"): bad, ("torchvision", "c"): {"failed": "No head found in Net"}}
    monkeypatch.setattr(sweep_architectures, "all_names", lambda: list(answers))
    monkeypatch.setattr(sweep_architectures, "answer", answers.get)
    monkeypatch.setattr(sweep_architectures.paths, "assets", lambda: tmp_path)
    written = json.loads(sweep_architectures.assemble().read_text())
    shares = {row["keys"]["question"]: row["mean"] for row in written["conditions"]}
    assert shares["stages"] == 50 and shares["head replaced"] == 100 and shares["head is called fc"] == 50
    assert shares["a wrong name is taken silently"] == 100
    said = written["exceptions"]
    assert said.keys() == {"timm/b", "torchvision/c"} and said["timm/b"].startswith(f"stages: {drawn} (rightly refused")
    assert said["torchvision/c"].startswith("as a whole: No head found in Net (an encoder")
    answers["torchvision", "c"] = {"failed": "no answer in 900 seconds"}
    with pytest.raises(SystemExit, match="1 exceptions have no explanation, first torchvision/c: .*no answer"):
        sweep_architectures.assemble()
    answers["timm", "a"] = None
    with pytest.raises(SystemExit, match="1 of 3 architectures are not tried yet"):
        sweep_architectures.assemble()


def test_the_bundled_record_covers_what_is_installed_and_explains_its_exceptions():
    path = assets() / "records" / "architectures.json"
    if not path.exists():
        pytest.skip("the sweep has not been recorded yet")
    raw = json.loads(path.read_text())
    assert len(raw["architectures"]) > 1300
    assert all(row["mean"] > 99 for row in raw["conditions"] if row["keys"]["question"] in CHECKS)
    assert all(said.endswith(")") for said in raw["exceptions"].values()) and len(raw["exceptions"]) < 30
