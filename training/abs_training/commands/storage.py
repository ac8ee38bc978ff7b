"""`storage`: what ways of storing the numbers of a weights file cost and save."""

import argparse
from pathlib import Path

from abs_training.commands.arguments import (
    add_data_arguments,
    add_workers_argument,
    read_limited_split,
)
from abs_training.commands.values import names, positive
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import DataError
from abs_training.measures.storage_report import HEADINGS, storage_figures
from abs_training.storage.quantization import STORAGES
from abs_training.weights.weights_file import read_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run, split="validation")
    parser.add_argument(
        "--weights", type=Path, required=True, metavar="FILE", help="weights stored as float32"
    )
    add_data_arguments(parser)
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="only the first N validation images"
    )
    parser.add_argument(
        "--storages",
        type=names,
        default=list(STORAGES),
        metavar="A,B,…",
        help=f"some of {', '.join(STORAGES)} (default: all)",
    )
    parser.add_argument("--seed", type=int, default=0)
    add_workers_argument(parser, "searched")


def run(options: argparse.Namespace) -> None:
    """Prints a table with a row per storage."""
    use_one_thread()
    unknown = [name for name in options.storages if name not in STORAGES]
    if unknown:
        raise DataError(f"--storages: {', '.join(unknown)} is none of {', '.join(STORAGES)}")
    weights = read_weights(options.weights)
    images = read_limited_split(options, len(weights.class_names))
    print(f"{len(images)} validation images; changes of the winner's loss are times 784")
    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    for figures in storage_figures(
        weights, images, options.storages, options.seed, options.workers
    ):
        print(f"| {' | '.join(figures.cells())} |", flush=True)
