"""`race`: fits the tables from which the default inference starts to finished weights."""

import argparse
import dataclasses
from pathlib import Path

from abs_training.commands.arguments import add_data_arguments, add_workers_argument, positive
from abs_training.data import DataError, read_data_set
from abs_training.race.fit import TableSizes, fit_tables
from abs_training.threads import use_one_thread
from abs_training.weights_file import read_weights, write_weights

DEFAULTS = TableSizes()


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: the weights file itself is rewritten"
    )
    for option, default, what in (
        ("coefficients", DEFAULTS.coefficients, "of an image in the basis, a multiple of 4"),
        ("surrogate-hidden", DEFAULTS.surrogate_hidden, "units a layer, a multiple of 4"),
        ("proposal-hidden", DEFAULTS.proposal_hidden, "units, a multiple of 4"),
        ("candidates", DEFAULTS.candidates, "latents proposed a class"),
        ("surrogate-steps", DEFAULTS.surrogate_steps, "of the fit"),
        ("proposal-steps", DEFAULTS.proposal_steps, "of the fit"),
    ):
        parser.add_argument(
            f"--{option}",
            type=positive,
            default=default,
            metavar="N",
            help=f"{what} (default {default})",
        )
    parser.add_argument("--seed", type=int, default=0)
    add_workers_argument(parser, "searched")


def run(options: argparse.Namespace) -> None:
    """Fits the tables and writes the weights with them."""
    use_one_thread()
    weights = read_weights(options.weights)
    if weights.prototypes is None:
        raise DataError(f"{options.weights}: has no prototypes to start from")
    data = read_data_set(options.data, options.classes, weights.class_names)
    sizes = dataclasses.replace(
        DEFAULTS,
        coefficients=options.coefficients,
        surrogate_hidden=options.surrogate_hidden,
        proposal_hidden=options.proposal_hidden,
        candidates=options.candidates,
        surrogate_steps=options.surrogate_steps,
        proposal_steps=options.proposal_steps,
    )
    tables = fit_tables(
        weights.decoders,
        list(weights.prototypes),
        weights.prior,
        data.training,
        sizes,
        options.seed,
        options.workers,
    )
    out = options.out or options.weights
    write_weights(out, dataclasses.replace(weights, race=tables))
    print(f"{out}: {out.stat().st_size:,} bytes")
