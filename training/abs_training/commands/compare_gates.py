"""`compare-gates`: what other settings of the gate's fit cost and save."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Callable, Sequence

from abs_training.commands.values import each_distance, each_positive, each_share, share_below_one
from abs_training.confidence.gate_fit import GateSettings
from abs_training.confidence.found import check_kinds, read_found
from abs_training.foundation.threads import use_one_thread
from abs_training.measures.gate_report import Judged, compared_gates
from abs_training.weights.weights_file import read_weights

DISTANCES = ("weight_decay", "more_junk_weight")
"""Settings that are numbers from 0; the others are shares, or whole numbers."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options: one for each setting, besides the folders."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--weights",
        type=Path,
        required=True,
        metavar="FILE",
        help="with which bench/confidence-evidence.ts searched the images of both folders",
    )
    parser.add_argument(
        "--evidence", type=Path, required=True, metavar="SETS", help="what `fit-sets` wrote"
    )
    parser.add_argument(
        "--judged",
        type=Path,
        required=True,
        metavar="SETS",
        help="what `confidence-sets --split validation` wrote",
    )
    parser.add_argument(
        "--held-out",
        type=share_below_one,
        default=0.2,
        metavar="SHARE",
        help="of the junk that comes from files: its last images are judged instead of fitted to (default 0.2)",
    )
    for setting in fields(GateSettings):
        read: Callable[[str], Sequence[float]]
        read = each_distance if setting.name in DISTANCES else each_share
        if isinstance(setting.default, int):
            read = each_positive
        parser.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=read,
            default=[],
            metavar="A,B,…",
            help=f"values to try (shipped: {setting.default:g})",
        )
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Prints a table with a row for each fit, all figures in percent."""
    use_one_thread()
    classes = len(read_weights(options.weights).class_names)
    found = Judged(*read_found(options.evidence, classes))
    check_kinds(options.evidence, found.labels)
    judged = Judged(*read_found(options.judged, classes))
    tried = {setting.name: getattr(options, setting.name) for setting in fields(GateSettings)}
    first = True
    for name, figures in compared_gates(found, judged, options.held_out, tried, options.seed):
        if first:
            headings = ["fit", *figures.headings()]
            print(f"| {' | '.join(headings)} |\n|{' --- |' * len(headings)}")
            first = False
        print(f"| {' | '.join([name, *figures.cells()])} |", flush=True)
