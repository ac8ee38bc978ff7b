"""`race`: fits the tables from which the default inference starts to finished weights.

The confidence is fitted again after that, because images are then searched in another way.
"""

import argparse
import dataclasses
import shlex
import time
from pathlib import Path

from abs_training.commands.arguments import (
    add_also_argument,
    add_assumption_arguments,
    add_data_arguments,
    add_junk_argument,
    add_table_arguments,
    add_workers_argument,
    assumption_words,
    assumptions_of,
    more_words,
    read_more,
    table_sizes,
    table_words,
)
from abs_training.decoders.budget import check_values, values
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import DataError, read_data_set
from abs_training.race.fit import fit_tables
from abs_training.race.tables import as_stored
from abs_training.stages.confidence_refit import refit_confidence
from abs_training.weights.model_card import update_model_card
from abs_training.weights.weights_file import read_weights, write_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    add_also_argument(parser)
    add_junk_argument(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="default: rewrites the weights file; a model card next to it follows",
    )
    add_assumption_arguments(parser, "as the file says")
    add_table_arguments(parser)
    parser.add_argument("--seed", type=int, default=0)
    add_workers_argument(parser, "searched")


def run(options: argparse.Namespace) -> None:
    """Fits the tables and writes the weights with them."""
    use_one_thread()
    weights = read_weights(options.weights)
    weights = dataclasses.replace(weights, assumptions=assumptions_of(options, weights.assumptions))
    if weights.prototypes is None:
        raise DataError(f"{options.weights}: has no prototypes to start from")
    data = read_data_set(options.data, options.classes, weights.class_names, options.also)
    sizes = table_sizes(options)
    first = weights.decoders[0]
    classes, count = len(weights.decoders), weights.prototypes.shape[1]
    check_values(
        values(first.layers, first.latents, classes, count) + sizes.values(classes, first.latents)
    )
    started = time.monotonic()
    tables = fit_tables(
        weights.decoders,
        list(weights.prototypes),
        weights.assumptions,
        data.training,
        sizes,
        options.seed,
        options.workers,
    )
    out = options.out or options.weights
    fitted = {"command": _command_line(options), "seconds": round(time.monotonic() - started)}
    weights = dataclasses.replace(
        weights, race=as_stored(tables), training={**weights.training, "race": fitted}
    )
    if weights.calibrated is not None:
        # What the confidence has seen so far was found by another search.
        calibrated = refit_confidence(
            weights,
            data.validation,
            options.seed,
            options.workers,
            "cpu",
            read_more(options),
        )
        weights = dataclasses.replace(weights, calibrated=calibrated)
    write_weights(out, weights)
    update_model_card(out)
    print(f"{out}: {out.stat().st_size:,} bytes")


def _command_line(options: argparse.Namespace) -> str:
    """The command that repeats the fit; folders of this machine are left out."""
    words = ["python3", "-m", "abs_training", "race", "--weights", options.weights.name]
    words += ["--data", "DATA"]
    words += more_words(options)
    if options.classes is not None:
        words += ["--classes", ",".join(str(label) for label in options.classes)]
    words += assumption_words(options)
    return shlex.join([*words, *table_words(options), "--seed", str(options.seed)])
