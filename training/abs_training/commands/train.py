"""`train`: from raw image files to a whole weights file."""

import argparse
import dataclasses
import hashlib
import shlex
from pathlib import Path
from typing import Sequence

from abs_training.commands.arguments import (
    add_also_argument,
    add_assumption_arguments,
    add_class_name_arguments,
    add_data_arguments,
    add_junk_argument,
    add_machine_arguments,
    add_table_arguments,
    assumption_words,
    assumptions_of,
    class_name_words,
    class_names,
    more_words,
    read_more,
    table_sizes,
    table_words,
)
from abs_training.commands.discriminative_arguments import add_discriminative_arguments
from abs_training.commands.values import distance, not_negative, positive, several, share
from abs_training.decoders import encoder
from abs_training.decoders.layers import (
    NAMED_SHAPES,
    Decoder,
    Layer,
    check_layers,
    mean_decoder,
    read_layers,
)
from abs_training.images.data import DataError, read_data_set
from abs_training.pipeline import start_run, train
from abs_training.search.assumptions import Assumptions
from abs_training.stages.configuration import Configuration
from abs_training.stages.run import Start
from abs_training.storage.quantization import STORAGES
from abs_training.weights.weights_file import read_weights

MADE = ("layers", "decoders", "beta", "response", "photometry", "tolerance")
"""Settings that are made of what several options say, or of files."""

OPTIONS = tuple(field.name for field in dataclasses.fields(Configuration) if field.name not in MADE)
"""Settings that are what the option of their name says."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    add_data_arguments(parser)
    add_also_argument(parser)
    add_junk_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    add_class_name_arguments(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--shape", choices=sorted(NAMED_SHAPES), default="shuffle")
    shape.add_argument("--layers", type=Path, metavar="FILE", help="layer list as JSON")
    parser.add_argument("--latents", type=int, default=16, help="2 to 32 (default 16)")
    parser.add_argument("--encoder", choices=encoder.KINDS, default="mlp")
    parser.add_argument("--seed", type=int, default=0)
    # Batch normalisation needs more than one image.
    parser.add_argument("--batch", type=several, default=32, help="images per step (default 32)")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="default 0.003")
    for stage, epochs in (
        ("pretraining", 2),
        ("vae", 45),
        ("discriminative", 30),
    ):
        parser.add_argument(
            f"--{stage}-epochs",
            type=not_negative,
            default=epochs,
            metavar="N",
            help=f"default {epochs}",
        )
    parser.add_argument("--discriminative-learning-rate", type=float, default=1e-3)
    parser.add_argument(
        "--decoders",
        type=Path,
        metavar="FILE",
        nargs="+",
        help="weights file of the same shape whose decoders the discriminative stage starts from, or several, of which it takes "
        "the mean (default: the autoencoders')",
    )
    add_assumption_arguments(parser, "the paper's model")
    add_discriminative_arguments(parser)
    parser.add_argument(
        "--affine-deviation",
        type=share,
        default=0.05,
        metavar="D",
        help="standard deviation of each entry of a distortion's 2×2 map (default 0.05)",
    )
    parser.add_argument(
        "--shift-deviation",
        type=distance,
        default=0.56,
        metavar="PIXELS",
        help="standard deviation of a distortion's shift along each axis (default 0.56)",
    )
    parser.add_argument(
        "--augmented-share",
        type=share,
        default=0.8,
        metavar="SHARE",
        help="share of images distorted at each visit (default 0.8)",
    )
    parser.add_argument(
        "--prototypes",
        type=positive,
        default=100,
        metavar="N",
        help="starting latents per class (default 100)",
    )
    parser.add_argument(
        "--storage",
        choices=list(STORAGES),
        default="int8",
        help="type of the numbers in the weights file (default int8); does not change the training",
    )
    parser.add_argument(
        "--max-steps",
        type=positive,
        metavar="N",
        help="quick check: at most N steps per class and stage, one epoch each",
    )
    add_table_arguments(parser)
    parser.add_argument(
        "--without-race",
        action="store_true",
        help="leave these tables out: saves minutes now, and makes classifying slower",
    )
    add_machine_arguments(parser, "trained")
    parser.add_argument(
        "--run-directory",
        type=Path,
        metavar="DIR",
        help="where the run is saved as it goes; a run with the same settings and data continues "
        "from there (default: runs/ and the name of the weights file)",
    )


def _layers(options: argparse.Namespace) -> list[Layer]:
    if options.layers is not None:
        return read_layers(options.layers, options.latents)
    return check_layers(NAMED_SHAPES[options.shape], options.latents)


def _start(files: Sequence[Path], layers: list[Layer], latents: int, classes: int) -> Start:
    """The mean of the decoders of weights files, which have to be of the shape that is trained, and the last one's prototypes."""
    whole = [read_weights(file) for file in files]
    of_files = [weights.decoders for weights in whole]
    for file, decoders in zip(files, of_files):
        found = decoders[0]
        if (found.layers, found.latents) != (layers, latents):
            raise DataError(
                f"{file}: its decoders have {found.latents} latents and the layers {found.layers}, "
                f"wanted {latents} and {layers}"
            )
        if len(decoders) != classes:
            raise DataError(f"{file}: has decoders of {len(decoders)} classes, wanted {classes}")
    return Start([mean_decoder(of_class) for of_class in zip(*of_files)], whole[-1].prototypes)


def run(options: argparse.Namespace) -> None:
    """Trains, or continues, and writes the weights file and its model card."""
    data = read_data_set(options.data, options.classes, class_names(options), options.also)
    layers, start, sha256 = _layers(options), None, None
    if options.decoders is not None:
        start = _start(options.decoders, layers, options.latents, len(data.class_names))
        sha256 = " ".join(
            hashlib.sha256(file.read_bytes()).hexdigest() for file in options.decoders
        )
    assumptions = assumptions_of(options, Assumptions())
    configuration = Configuration(
        layers=layers,
        decoders=sha256,
        beta=assumptions.beta,
        response=assumptions.response,
        photometry=assumptions.photometry,
        tolerance=assumptions.tolerance,
        **{name: getattr(options, name) for name in OPTIONS},
    )
    folder = options.run_directory or Path("runs") / options.out.stem
    race = None if options.without_race else table_sizes(options)
    whole = start_run(
        configuration,
        data,
        folder,
        options.workers,
        options.storage,
        race,
        read_more(options),
        start,
    )
    train(whole, options.out, _command_line(options))


def _command_line(options: argparse.Namespace) -> str:
    """The command that repeats the run; folders of this machine are left out."""
    words = ["python3", "-m", "abs_training", "train", "--data", "DATA", "--out", options.out.name]
    words += more_words(options)
    if options.classes is not None:
        words += ["--classes", ",".join(str(label) for label in options.classes)]
    words += class_name_words(options)
    if options.layers is None:
        words += ["--shape", options.shape]
    else:
        words += ["--layers", options.layers.name]
    for name in (*OPTIONS, "storage"):
        value = getattr(options, name)
        if value is not None:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [f"--{name.replace('_', '-')}", text]
    if options.decoders is not None:
        words += ["--decoders", *(file.name for file in options.decoders)]
    words += assumption_words(options)
    words += ["--without-race"] if options.without_race else table_words(options)
    return shlex.join(words)
