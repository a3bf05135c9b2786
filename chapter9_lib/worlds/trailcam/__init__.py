"""The rendered trail-camera world: scenes as data, and the renderer that turns them into photos."""

from .animals import Animal, Build, Coat, Pose
from .kinds import SOURCE_HALVES, SOURCE_KINDS
from .render import Rendering, render, render_parts
from .scene import Scene, burst, find_animal, sample_scene
from .sets import SETS, VERSION, SetPlan, manifest_row, plan_scenes, scene_of
from .sites import SOURCE_SITES, Site, site
from .species import LOOK_ALIKES, SPECIES

__all__ = [
    "LOOK_ALIKES",
    "SETS",
    "SOURCE_HALVES",
    "SOURCE_KINDS",
    "SOURCE_SITES",
    "SPECIES",
    "VERSION",
    "Animal",
    "Build",
    "Coat",
    "Pose",
    "Rendering",
    "Scene",
    "SetPlan",
    "Site",
    "burst",
    "find_animal",
    "manifest_row",
    "plan_scenes",
    "render",
    "render_parts",
    "sample_scene",
    "scene_of",
    "site",
]
