"""How we adapt: the training loop, its history, evaluation, and the activation cache."""

from chapter9_lib.training.adaptation import Adaptation, adapt
from chapter9_lib.training.answers import Answers, ask
from chapter9_lib.training.augmentation import augment_batch
from chapter9_lib.training.cache import ActivationCache, CacheRefused
from chapter9_lib.training.calibration import Calibration, calibration
from chapter9_lib.training.contrastive import contrastive_loss
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.devices import pick_device
from chapter9_lib.training.distillation import distill
from chapter9_lib.training.distillation_loss import distillation_loss
from chapter9_lib.training.domain_losses import coral_loss, gradient_reversal, mmd_loss
from chapter9_lib.training.domains import head_features, information, told_apart
from chapter9_lib.training.evaluation import Evaluation, bootstrap_interval, evaluate, predict
from chapter9_lib.training.few_shot import Neighbours, nearest_neighbours, prototypes
from chapter9_lib.training.history import History
from chapter9_lib.training.interpolation import interpolated
from chapter9_lib.training.labels import labels_of
from chapter9_lib.training.linear_probe import linear_probe
from chapter9_lib.training.looks import Looked, infrared_look
from chapter9_lib.training.loop import fine_tune
from chapter9_lib.training.optimizers import learning_rate_groups, parameter_groups
from chapter9_lib.training.phases import Phase, flat, gradual_unfreezing, lp_ft, ulmfit
from chapter9_lib.training.rate_finder import RateSweep, learning_rate_finder
from chapter9_lib.training.schedules import constant, cosine, slanted_triangular
from chapter9_lib.training.self_supervision import pretrain_self_supervised, vicreg_loss
from chapter9_lib.training.target_photos import PseudoLabels, adapt_batchnorm, pseudo_label
from chapter9_lib.training.temperature import fit_temperature, fold_temperature

__all__ = [
    "ActivationCache",
    "Adaptation",
    "Answers",
    "CacheRefused",
    "Calibration",
    "Evaluation",
    "History",
    "Looked",
    "Neighbours",
    "Phase",
    "PhotoBatches",
    "PseudoLabels",
    "RateSweep",
    "adapt",
    "adapt_batchnorm",
    "ask",
    "augment_batch",
    "bootstrap_interval",
    "calibration",
    "constant",
    "contrastive_loss",
    "coral_loss",
    "cosine",
    "distill",
    "distillation_loss",
    "evaluate",
    "fine_tune",
    "fit_temperature",
    "flat",
    "fold_temperature",
    "gradient_reversal",
    "gradual_unfreezing",
    "head_features",
    "information",
    "infrared_look",
    "interpolated",
    "labels_of",
    "learning_rate_finder",
    "learning_rate_groups",
    "linear_probe",
    "lp_ft",
    "mmd_loss",
    "nearest_neighbours",
    "parameter_groups",
    "pick_device",
    "predict",
    "pretrain_self_supervised",
    "prototypes",
    "pseudo_label",
    "slanted_triangular",
    "told_apart",
    "ulmfit",
    "vicreg_loss",
]
