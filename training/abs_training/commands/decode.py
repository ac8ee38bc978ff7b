"""`decode`: the decoders' images of given latents, as JSON."""

import argparse
import json
from pathlib import Path

import torch

from abs_training.images.data import DataError
from abs_training.search.inference import decode
from abs_training.weights.weights_file import read_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--latents", type=Path, required=True, metavar="FILE", help="JSON: [[number, …], …]"
    )


def run(options: argparse.Namespace) -> None:
    """Prints `{"classes": […], "images": [class][latent][784 pixels]}`."""
    weights = read_weights(options.weights)
    expected = weights.decoders[0].latents
    try:
        latents = torch.tensor(json.loads(options.latents.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{options.latents}: cannot be read: {error}") from error
    if latents.dim() != 2 or latents.shape[1] != expected:
        raise DataError(f"{options.latents}: must be a list of lists of {expected} numbers")
    images = [decode(decoder, latents.float()).tolist() for decoder in weights.decoders]
    print(json.dumps({"classes": weights.class_names, "images": images}))
