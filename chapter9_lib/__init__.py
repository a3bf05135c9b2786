"""Transfer Learning, Measured: the library behind the notebooks.

The names below are all that the story uses; the rest is imported from its room, for example
`from chapter9_lib.training import ActivationCache`. Each is loaded when it is first used, so that
`import chapter9_lib` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for editors; the table below does the work
    from .classroom import check as check
    from .classroom import guess as guess
    from .classroom import record as record
    from .classroom import reveal as reveal
    from .models import find_head as find_head
    from .models import freeze as freeze
    from .models import freeze_batchnorm as freeze_batchnorm
    from .models import load_model as load_model
    from .models import load_pretrained as load_pretrained
    from .models import preprocessing as preprocessing
    from .models import replace_head as replace_head
    from .models import save_model as save_model
    from .models import stages as stages
    from .pipeline import advise as advise
    from .pipeline import fit as fit
    from .studies import examine as examine
    from .training import Phase as Phase
    from .training import evaluate as evaluate
    from .training import fine_tune as fine_tune
    from .training import gradual_unfreezing as gradual_unfreezing
    from .training import learning_rate_groups as learning_rate_groups
    from .training import predict as predict
    from .worlds import Photos as Photos
    from .worlds import open_folder as open_folder
    from .worlds import open_photo as open_photo
    from .worlds import open_world as open_world

__version__ = "0.1.0"

_ROOM_OF = {
    "check": "classroom",
    "guess": "classroom",
    "record": "classroom",
    "reveal": "classroom",
    "find_head": "models",
    "freeze": "models",
    "freeze_batchnorm": "models",
    "load_model": "models",
    "load_pretrained": "models",
    "preprocessing": "models",
    "replace_head": "models",
    "save_model": "models",
    "stages": "models",
    "advise": "pipeline",
    "fit": "pipeline",
    "examine": "studies",
    "Phase": "training",
    "evaluate": "training",
    "fine_tune": "training",
    "gradual_unfreezing": "training",
    "learning_rate_groups": "training",
    "predict": "training",
    "Photos": "worlds",
    "open_folder": "worlds",
    "open_photo": "worlds",
    "open_world": "worlds",
}
__all__ = sorted(_ROOM_OF)


def __getattr__(name: str) -> object:
    if name in _ROOM_OF.values():
        return import_module(f".{name}", __name__)
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f".{_ROOM_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOM_OF, *_ROOM_OF.values()})
