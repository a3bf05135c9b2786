"""What we borrow: loading, preprocessing, heads, freezing, storage."""

from chapter9_lib.models.architectures import build_architecture
from chapter9_lib.models.eight_layers import EightLayers, eight_layers
from chapter9_lib.models.freezing import freeze, freeze_batchnorm, frozen_until, unfreeze, what_moves
from chapter9_lib.models.head_replacement import replace_head
from chapter9_lib.models.heads import Head, NewHead, find_head
from chapter9_lib.models.hubs import Listed, listed
from chapter9_lib.models.image_text import ImageText, image_text
from chapter9_lib.models.lab import lab_resnet, lab_student, lab_teacher, lab_vit
from chapter9_lib.models.loading import load_pretrained
from chapter9_lib.models.lora import add_lora, load_lora_state, lora_layers, lora_state, merge_lora, unmerge_lora
from chapter9_lib.models.preprocessing import Preprocessing, preprocessing
from chapter9_lib.models.reinitialization import reinitialize
from chapter9_lib.models.shelf import Kept, keep_weights, kept_weights
from chapter9_lib.models.stages import Stage, stages
from chapter9_lib.models.storage import load_model, read_card, save_model
from chapter9_lib.models.zero_shot import ZeroShot, zero_shot

__all__ = [
    "EightLayers",
    "Head",
    "ImageText",
    "Kept",
    "Listed",
    "NewHead",
    "Preprocessing",
    "Stage",
    "ZeroShot",
    "add_lora",
    "build_architecture",
    "eight_layers",
    "find_head",
    "freeze",
    "freeze_batchnorm",
    "frozen_until",
    "image_text",
    "keep_weights",
    "kept_weights",
    "lab_resnet",
    "lab_student",
    "lab_teacher",
    "lab_vit",
    "listed",
    "load_lora_state",
    "load_model",
    "load_pretrained",
    "lora_layers",
    "lora_state",
    "merge_lora",
    "preprocessing",
    "read_card",
    "reinitialize",
    "replace_head",
    "save_model",
    "stages",
    "unfreeze",
    "unmerge_lora",
    "what_moves",
    "zero_shot",
]
