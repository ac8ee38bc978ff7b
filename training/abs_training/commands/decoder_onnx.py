"""`decoder-onnx`: a class's decoder, and its loss with gradient, as ONNX graphs for comparison."""

import argparse
from pathlib import Path

import torch

from abs_training.commands.arguments import not_negative
from abs_training.data import PIXELS, DataError
from abs_training.decoder_gradient import LossAndGradient
from abs_training.onnx_export import module_as_onnx
from abs_training.published import read_any_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument("--class", dest="index", type=not_negative, default=0, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Writes `decoder.onnx` and `gradient.onnx`."""
    weights = read_any_weights(options.weights)
    if options.index >= len(weights.decoders):
        raise DataError(f"--class: {options.index} is none of {len(weights.decoders)} classes")
    decoder = weights.decoders[options.index].eval()
    options.out.mkdir(parents=True, exist_ok=True)
    latent, image = torch.zeros(1, decoder.latents), torch.zeros(1, PIXELS)
    graph = module_as_onnx(decoder, (latent,), ["latent"], ["image"])
    (options.out / "decoder.onnx").write_bytes(graph)
    gradient = LossAndGradient(decoder, weights.prior)
    graph = module_as_onnx(gradient, (image, latent), ["image", "latent"], ["loss", "gradient"])
    (options.out / "gradient.onnx").write_bytes(graph)
