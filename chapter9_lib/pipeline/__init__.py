"""The whole recipe, on any folder of photos."""

from chapter9_lib.pipeline.advising import Advised, advise
from chapter9_lib.pipeline.fitting import Fitted, fit
from chapter9_lib.pipeline.prediction import Predictions, predict_photos
from chapter9_lib.pipeline.settings import Settings

__all__ = ["Advised", "Fitted", "Predictions", "Settings", "advise", "fit", "predict_photos"]
