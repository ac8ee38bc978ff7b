"""The command line: `python3 -m abs_training COMMAND`."""

import argparse
import sys
from typing import Sequence

from abs_training.commands import (
    attack_race,
    baselines,
    compare_gates,
    confidence,
    confidence_sets,
    curves,
    decode,
    decoder_onnx,
    evaluate,
    evaluate_baseline,
    fit_sets,
    glyphs,
    inference_times,
    race,
    reading,
    storage,
    train,
    views,
)
from abs_training.decoders.layers import LayerError
from abs_training.foundation.onnx_export import OnnxExportError
from abs_training.images.data import DataError
from abs_training.storage.safetensors_file import WeightsFileError

COMMANDS = (
    ("train", train, "train decoders and write a weights file"),
    ("evaluate", evaluate, "measure the accuracy of a weights file"),
    ("storage", storage, "compare ways of storing the numbers of a weights file"),
    ("confidence", confidence, "fit only the confidence of a weights file again"),
    ("compare-gates", compare_gates, "measure other settings of the confidence's fit"),
    ("race", race, "fit the tables from which the default inference starts"),
    (
        "confidence-sets",
        confidence_sets,
        "write clean, corrupted and junk images, on which a confidence is judged",
    ),
    (
        "attack-race",
        attack_race,
        "write images moved so that the race's cheap stages drop their class",
    ),
    ("glyphs", glyphs, "draw characters of font files, to train on or to judge a confidence on"),
    ("views", views, "say which other views of an image the race tries"),
    ("fit-sets", fit_sets, "write the images that a confidence is fitted to"),
    ("reading", reading, "fit the networks by which lines of digits are read"),
    ("curves", curves, "draw the curves of a run as SVG"),
    ("baselines", baselines, "train networks to compare with, as ONNX"),
    ("evaluate-baseline", evaluate_baseline, "measure such a network, also attacked"),
    (
        "decoder-onnx",
        decoder_onnx,
        "write a decoder, and its loss with gradient, as ONNX to compare runtimes",
    ),
    ("inference-times", inference_times, "measure how long the paper's inference takes"),
    ("decode", decode, "print the images of given latents as JSON"),
)


def main(arguments: Sequence[str]) -> int:
    """Runs a command and returns the exit status: 0, or 1 after an error in the user's input."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (
        curves.CurvesError,
        DataError,
        LayerError,
        OnnxExportError,
        WeightsFileError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of every command."""
    whole = argparse.ArgumentParser(
        prog="python3 -m abs_training",
        description="Trains the decoders of an analysis-by-synthesis classifier.",
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, command, summary in COMMANDS:
        command.add(commands.add_parser(name, help=summary, description=summary))
    return whole
