"""How we look: layer transfer, what layers have in common, the landscape they are in, and what is wrong."""

from chapter9_lib.studies.advisor import Advice, Cell, advise_from, advised_strategy, kept_out_advice
from chapter9_lib.studies.cka import cka
from chapter9_lib.studies.coherence import gradient_coherence
from chapter9_lib.studies.doctor import Finding, Report, examine
from chapter9_lib.studies.domain_similarity import Similarity, domain_similarity
from chapter9_lib.studies.forgetting import still_known, with_old_head
from chapter9_lib.studies.landscape import LossLine, loss_line, sharpness
from chapter9_lib.studies.latency import Cost, costs
from chapter9_lib.studies.outputs import stage_outputs
from chapter9_lib.studies.probes import probe_stages
from chapter9_lib.studies.spectrum import spectrum
from chapter9_lib.studies.statistics_shift import statistics_shift
from chapter9_lib.studies.transfer import ARMS, Arm, transfer_cell, transfer_grid, transplant
from chapter9_lib.studies.transferability import leep, logme, rank_correlation

__all__ = [
    "ARMS",
    "Advice",
    "Arm",
    "Cell",
    "Cost",
    "Finding",
    "LossLine",
    "Report",
    "Similarity",
    "advise_from",
    "advised_strategy",
    "cka",
    "costs",
    "domain_similarity",
    "examine",
    "gradient_coherence",
    "kept_out_advice",
    "leep",
    "logme",
    "loss_line",
    "probe_stages",
    "rank_correlation",
    "sharpness",
    "spectrum",
    "stage_outputs",
    "statistics_shift",
    "still_known",
    "transfer_cell",
    "transfer_grid",
    "transplant",
    "with_old_head",
]
