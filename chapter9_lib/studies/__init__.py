"""How we look at what transfers: layer transfer, and what layers have in common."""

from chapter9_lib.studies.cka import cka
from chapter9_lib.studies.outputs import stage_outputs
from chapter9_lib.studies.transfer import ARMS, Arm, transfer_grid, transplant

__all__ = ["ARMS", "Arm", "cka", "stage_outputs", "transfer_grid", "transplant"]
