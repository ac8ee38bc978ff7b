"""`decoder-onnx`: decoders, their losses with gradients and starts as ONNX graphs to compare with.

Losses are the paper's, whatever else the weights assume: other runtimes are compared on those.
"""

import argparse
import json
from pathlib import Path
from typing import Optional

import torch
from torch import Tensor

from abs_training.commands.values import not_negative
from abs_training.decoders.layers import Decoder
from abs_training.foundation.checkpoint import write_atomically
from abs_training.foundation.onnx_export import module_as_onnx
from abs_training.images.data import PIXELS, DataError
from abs_training.search.best_start import BestStart
from abs_training.search.decoder_gradient import LossAndGradient
from abs_training.weights.published import read_any_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--class", dest="indices", type=not_negative, nargs="+", default=[0], metavar="N"
    )
    parser.add_argument(
        "--starts", type=Path, metavar="FILE", help="JSON: [[number, …], …], latents to start from"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Writes `decoder-N.onnx`, `gradient-N.onnx` and, with `--starts`, `start-N.onnx` of each N."""
    weights = read_any_weights(options.weights)
    for index in options.indices:
        if index >= len(weights.decoders):
            raise DataError(f"--class: {index} is none of {len(weights.decoders)} classes")
    starts = read_starts(options.starts, weights.decoders[0])
    options.out.mkdir(parents=True, exist_ok=True)
    for index in options.indices:
        decoder = weights.decoders[index].eval()
        latent, image = torch.zeros(1, decoder.latents), torch.zeros(1, PIXELS)
        graph = module_as_onnx(decoder, (latent,), ["latent"], ["image"])
        write_atomically(options.out / f"decoder-{index}.onnx", graph)
        gradient = LossAndGradient(decoder, weights.assumptions.beta)
        graph = module_as_onnx(gradient, (image, latent), ["image", "latent"], ["loss", "gradient"])
        write_atomically(options.out / f"gradient-{index}.onnx", graph)
        if starts is not None:
            start = BestStart(decoder, starts, weights.assumptions.beta)
            graph = module_as_onnx(start, (image,), ["image"], ["latent"])
            write_atomically(options.out / f"start-{index}.onnx", graph)


def read_starts(path: Optional[Path], decoder: Decoder) -> Optional[Tensor]:
    """Latents `[m, latents]` from a JSON file; none where no file is named."""
    if path is None:
        return None
    try:
        starts = torch.tensor(json.loads(path.read_text("utf-8"))).float()
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if starts.dim() != 2 or starts.shape[1] != decoder.latents or len(starts) == 0:
        raise DataError(f"{path}: must be a list of lists of {decoder.latents} numbers")
    return starts
