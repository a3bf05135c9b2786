"""Measure the records: `python -m data_scripts.measure_records [NAME …]`. Says the planned hours first; resumable.

Where there is a graphics card, it is used, in float32 like a CPU. `--workers 16` let sixteen small trainings share it;
they compute side by side, instead of in turns, once `nvidia-cuda-mps-control -d` has been started.
"""

import argparse
import sys
from importlib import import_module

from data_scripts.assembling import assemble
from data_scripts.recording import RUNS, Plan, measure, pending, planned_hours
from data_scripts.taking_over import take_over

# record name -> the module that exports its PLAN
RECORDS: dict[str, str] = {
    "yardsticks": "data_scripts.experiments.yardsticks",
    "learning-rates": "data_scripts.experiments.learning_rates",
    "thawing-rates": "data_scripts.experiments.thawing_rates",
    "learning-curve": "data_scripts.experiments.learning_curve",
    "scratch-longer": "data_scripts.experiments.scratch_longer",
    "frozen-ceiling": "data_scripts.experiments.frozen_ceiling",
    "backbones": "data_scripts.experiments.backbones",
    "splits": "data_scripts.experiments.splits",
    "fine-tuning-rates": "data_scripts.experiments.fine_tuning_rates",
    "held-norm-rates": "data_scripts.experiments.held_norm_rates",
    "unfreezing-rates": "data_scripts.experiments.unfreezing_rates",
    "unfreezing": "data_scripts.experiments.unfreezing",
    "layer-decay": "data_scripts.experiments.layer_decay",
    "coherence": "data_scripts.experiments.coherence",
    "schedules": "data_scripts.experiments.schedules",
    "valleys": "data_scripts.experiments.valleys",
    "stage-probes": "data_scripts.experiments.stage_probes",
    "transfer-grid": "data_scripts.experiments.transfer_grid",
    "transfer-grid-few": "data_scripts.experiments.transfer_grid_few",
    "transfer-grid-thawed": "data_scripts.experiments.transfer_grid_thawed",
    "transfer-grid-dissimilar": "data_scripts.experiments.transfer_grid_dissimilar",
    "similarity": "data_scripts.experiments.similarity",
    "recovery": "data_scripts.experiments.recovery",
    "live-norms": "data_scripts.experiments.live_norms",
    "antidotes": "data_scripts.experiments.antidotes",
    "interpolation": "data_scripts.experiments.interpolation",
    "field-preparations": "data_scripts.experiments.field_preparations",
    "field-splits": "data_scripts.experiments.field_splits",
    "far-domain-rates": "data_scripts.experiments.far_domain_rates",
    "far-domain": "data_scripts.experiments.far_domain",
    "far-domain-many": "data_scripts.experiments.far_domain_many",
    "doctor-trial": "data_scripts.experiments.doctor_trial",
    "distillation-rates": "data_scripts.experiments.distillation_rates",
    "distillation": "data_scripts.experiments.distillation",
    "temperatures": "data_scripts.experiments.temperatures",
    "latencies": "data_scripts.experiments.latencies",
    "adaptation-strengths": "data_scripts.experiments.adaptation_strengths",
    "adaptation": "data_scripts.experiments.adaptation",
    "words": "data_scripts.experiments.words",
    "era-rates": "data_scripts.experiments.era_rates",
    "eras": "data_scripts.experiments.eras",
    "adapter-rates": "data_scripts.experiments.adapter_rates",
    "adapter-ranks": "data_scripts.experiments.adapter_ranks",
    "adapter-steps": "data_scripts.experiments.adapter_steps",
    "decision-tasks": "data_scripts.experiments.decision_tasks",
    "decision-adapters": "data_scripts.experiments.decision_adapters",
    "decisions": "data_scripts.experiments.decisions",
    "decisions-deer": "data_scripts.experiments.decisions_deer",
    "decisions-many": "data_scripts.experiments.decisions_many",
    "watched-set": "data_scripts.experiments.watched_set",
    "carried-moments": "data_scripts.experiments.carried_moments",
    "field-trailcam": "data_scripts.experiments.field_trailcam",
    "cache-savings": "data_scripts.experiments.cache_savings",
    "head-to-head": "tests.peers.head_to_head",
    "fit-memory": "data_scripts.experiments.fit_memory",
    "head-to-head-cuts": "tests.peers.head_to_head_cuts",
    "head-to-head-pacs": "tests.peers.head_to_head_pacs",
    "field-unfreezing": "data_scripts.experiments.field_unfreezing",
    "field-spectrograms": "data_scripts.experiments.field_spectrograms",
    "field-tasks": "data_scripts.experiments.field_tasks",
    "field-decision-rates": "data_scripts.experiments.field_decision_rates",
    "field-decisions": "data_scripts.experiments.field_decisions",
    "field-rates": "data_scripts.experiments.field_rates",
    "field-fit": "data_scripts.experiments.field_fit",
    "field-adaptation": "data_scripts.experiments.field_adaptation",
    "field-adapters": "data_scripts.experiments.field_adapters",
    "field-chosen-epoch": "data_scripts.experiments.field_chosen_epoch",
    "field-few": "data_scripts.experiments.field_few",
    "field-hubs": "data_scripts.experiments.field_hubs",
    "field-probes": "data_scripts.experiments.field_probes",
}
ALL_TOGETHER = 12.0  # hours


def main(argv: list[str] | None = None) -> int:
    """Print what is planned, measure what is pending, write the records that are whole."""
    arguments = _parser().parse_args(argv)
    unknown = sorted(set(arguments.names) - set(RECORDS))
    if unknown:
        known = ", ".join(sorted(RECORDS)) or "none yet"
        print(f"No such record: {', '.join(unknown)}. Known: {known}.", file=sys.stderr)
        return 2
    modules = {name: RECORDS[name] for name in arguments.names or RECORDS}
    plans = _possible({name: import_module(module).PLAN for name, module in modules.items()})
    modules = {name: modules[name] for name in plans}
    if arguments.keep:
        for plan in plans.values():
            print(f"{plan.name}: {take_over(plan)} runs taken over from the bundled record")
    _print_plan(plans, arguments.workers)
    for name, module in {} if arguments.plan else modules.items():
        if not arguments.assemble:
            measure(module, arguments.workers, shard=arguments.shard)
        if arguments.shard != (1, 1) and pending(plans[name]):
            print(f"{name} is put together with --assemble once the runs of all machines lie in {RUNS.name}/{name}/")
            continue
        print(f"wrote {assemble(plans[name], f'python -m data_scripts.measure_records {name}').name}")
    return 0


def _possible(plans: dict[str, Plan]) -> dict[str, Plan]:
    """The plans whose photos are here; the others are named with what they lack."""
    there = {}
    for name, plan in plans.items():
        try:
            plan.world()
            there[name] = plan
        except FileNotFoundError as error:
            print(f"{name} is skipped: {error}", file=sys.stderr)
    return there


def _print_plan(plans: dict[str, Plan], workers: int) -> None:
    total = 0.0
    for name, plan in plans.items():
        hours, whole = planned_hours(plan, workers), len(plan.conditions) * len(plan.seeds)
        total += hours
        print(f"{name:<28} {whole - len(pending(plan)):>5} of {whole:>5} runs done, {hours:6.2f} hours to go")
    print(f"{'together':<28} {total:33.2f} hours to go, {workers} side by side. Runs are kept in {RUNS.name}/.")
    if total > ALL_TOGETHER:
        print(f"That is over {ALL_TOGETHER:.0f} hours. Name the records you want.")


def _shard(text: str) -> tuple[int, int]:
    number, slash, machines = text.partition("/")
    if not (slash and number.isdecimal() and machines.isdecimal() and 1 <= int(number) <= int(machines)):
        raise argparse.ArgumentTypeError(f"{text!r}: 2/5 is the second of five shares")
    return int(number), int(machines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="records to measure; default: all")
    parser.add_argument("--plan", action="store_true", help="only say how long it would take")
    parser.add_argument("--keep", action="store_true", help="take over what still holds of the bundled records")
    parser.add_argument("--assemble", action="store_true", help="only put records together from the runs there are")
    parser.add_argument(
        "--shard", type=_shard, default=(1, 1), metavar="K/N", help="measure only the K-th of N shares, one a machine"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes side by side, one thread each (default 2)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
