"""`confidence`: fits only the confidence of a weights file again."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from abs_training.commands.arguments import (
    add_also_argument,
    add_data_arguments,
    add_junk_argument,
    add_machine_arguments,
    more_words,
    read_more,
    read_limited_split,
)
from abs_training.foundation.threads import use_one_thread
from abs_training.stages.confidence_refit import refit_confidence
from abs_training.weights.model_card import update_model_card
from abs_training.weights.weights_file import read_weights, write_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run, split="validation", limit=None)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    add_also_argument(parser)
    add_junk_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    parser.add_argument("--seed", type=int, default=0)
    add_machine_arguments(parser, "searched")


def run(options: argparse.Namespace) -> None:
    """Searches validation images, corrupted ones and junk, fits, and writes the new file."""
    use_one_thread()
    weights = read_weights(options.weights)
    validation = read_limited_split(options, len(weights.class_names))
    calibrated = refit_confidence(
        weights,
        validation,
        options.seed,
        options.workers,
        options.device,
        read_more(options),
    )
    words = ["python3", "-m", "abs_training", "confidence", "--weights", options.weights.name]
    words += ["--data", "DATA", *more_words(options), "--seed", str(options.seed)]
    training = {**weights.training, "confidence": {"command": shlex.join(words)}}
    write_weights(options.out, replace(weights, calibrated=calibrated, training=training))
    update_model_card(options.out)
    print(
        f"images of a confidence below {calibrated.reject_below} are rejected, "
        f"and of a gate below {calibrated.reject_gate_below}"
    )
