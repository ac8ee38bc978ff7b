"""`confidence`: fits only the confidence of a weights file anew."""

import argparse
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from abs_training.commands.arguments import (
    add_data_arguments,
    add_machine_arguments,
    read_limited_split,
)
from abs_training.confidence_fit import fit_confidence
from abs_training.confidence_sets import SetSizes
from abs_training.inference import paper_samples
from abs_training.randomness import generator_for
from abs_training.threads import use_one_thread
from abs_training.weights_file import read_weights, write_weights

STARTS = 300
"""Latents drawn where a file brings no prototypes."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run, split="validation", limit=None)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    parser.add_argument("--seed", type=int, default=0)
    add_machine_arguments(parser, "searched")


def run(options: argparse.Namespace) -> None:
    """Searches validation images, corrupted ones and junk, fits, and writes the new file."""
    use_one_thread()
    weights = read_weights(options.weights)
    validation = read_limited_split(options, len(weights.class_names))
    device = options.device
    starts: Tensor
    if weights.prototypes is None:
        generator = generator_for(options.seed, "confidence", "starts")
        drawn = paper_samples(STARTS, weights.decoders[0].latents, generator)
        starts = drawn.expand(len(weights.decoders), *drawn.shape)
    else:
        starts = weights.prototypes
    calibrated = fit_confidence(
        [decoder.to(device) for decoder in weights.decoders],
        [own.to(device) for own in starts],
        weights.prior,
        validation,
        weights.class_names,
        SetSizes(),
        options.seed,
        options.workers,
    )
    write_weights(options.out, replace(weights, calibrated=calibrated))
    print(f"images of a confidence below {calibrated.reject_below} are rejected")
