"""Options that several commands share, and what is read because of them."""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Optional, Sequence

import torch
from torch import Tensor

from abs_training.commands.values import (
    NONE,
    candidates,
    integers,
    multiple_of_4,
    names,
    not_negative,
    photometry,
    positive,
    tolerance,
)
from abs_training.confidence.sets import MoreImages
from abs_training.foundation.limits import MOST_CANDIDATES
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import DataError, ImageSet, read_image_set, read_split
from abs_training.race.fit import TableSizes
from abs_training.search.assumptions import Assumptions, Photometry
from abs_training.search.inference import PAPER_SAMPLES, PAPER_UPDATES, paper_samples
from abs_training.weights.weights_file import Weights


ASSUMPTIONS = ("beta", "response", "photometry", "tolerance")
"""Options that say what the loss assumes, named as `Assumptions` names them."""


def add_assumption_arguments(parser: argparse.ArgumentParser, default: str) -> None:
    """What the loss assumes besides the paper's model; `default` says what holds where an option is left out."""
    parser.add_argument(
        "--beta",
        type=float,
        metavar="WEIGHT",
        help=f"weight of ½‖z‖², by which a latent is unlikely under its prior, from 0 (default: {default})",
    )
    parser.add_argument(
        "--response",
        type=float,
        metavar="SLOPE",
        help=f"slope of the curve through which images are seen, from 1: none (default: {default})",
    )
    parser.add_argument(
        "--photometry",
        type=photometry,
        metavar="GAIN,OFFSET",
        help="redrawings are fitted with a gain and an offset: the weights of (gain − 1)² and offset², or `none` "
        f"(default: {default})",
    )
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        metavar="ERROR",
        help="error of a pixel beyond which it counts less and less, or `none`: all count by their squares "
        f"(default: {default})",
    )


def assumptions_of(options: argparse.Namespace, base: Assumptions) -> Assumptions:
    """What the options change of `base`. Raises DataError for numbers out of range."""
    changes = {
        name: None if value == NONE else value
        for name in ASSUMPTIONS
        if (value := getattr(options, name)) is not None
    }
    found = dataclasses.replace(base, **changes)
    try:
        found.check()
    except ValueError as error:
        raise DataError(str(error)) from error
    return found


def assumption_words(options: argparse.Namespace) -> list[str]:
    """The options as they were given."""
    words = []
    for name in ASSUMPTIONS:
        value = getattr(options, name)
        if isinstance(value, Photometry):
            value = f"{value.gain:g},{value.offset:g}"
        if value is not None:
            words += [f"--{name}", str(value)]
    return words


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """`--data` and `--classes`."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with the four files named as MNIST's, with or without .gz",
    )
    parser.add_argument(
        "--classes",
        type=integers,
        metavar="0,1,…",
        help="only these labels of the files (default: all)",
    )


def add_also_argument(parser: argparse.ArgumentParser) -> None:
    """`--also`: further folders to train on."""
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder whose train-… files join the training images, such as digits drawn by `glyphs`, and which the "
        "confidence learns to accept; may be given again",
    )


def add_junk_argument(parser: argparse.ArgumentParser) -> None:
    """`--junk`: further images that belong to no class."""
    parser.add_argument(
        "--junk",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder whose train-… files show no class, such as letters drawn by `glyphs`: the confidence learns to "
        "reject them; may be given again",
    )


def read_more(options: argparse.Namespace) -> MoreImages:
    """The images in the folders of `--also` and `--junk`, for the confidence."""
    return MoreImages(
        {folder.name: read_image_set(folder, "train")[0] for folder in options.also},
        {folder.name: read_image_set(folder, "train")[0].images for folder in options.junk},
    )


def more_words(options: argparse.Namespace) -> list[str]:
    """Both options as they were given, without the folders of this machine."""
    also = [word for folder in options.also for word in ("--also", folder.name)]
    return also + [word for folder in options.junk for word in ("--junk", folder.name)]


def add_machine_arguments(parser: argparse.ArgumentParser, what: str) -> None:
    """`--device` and `--workers`; `what` says what is done side by side."""
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    add_workers_argument(parser, what)


def add_workers_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """`--workers`."""
    parser.add_argument(
        "--workers",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help=f"classes {what} side by side (default: one per core); does not change the result",
    )


def add_split_arguments(parser: argparse.ArgumentParser) -> None:
    """`--split` and `--limit`: which images are looked at."""
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N images")


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """The weights, and how they are searched: as the paper does unless told otherwise."""
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--samples",
        type=not_negative,
        default=PAPER_SAMPLES,
        metavar="N",
        help=f"latents drawn from the prior to start from (default {PAPER_SAMPLES})",
    )
    parser.add_argument(
        "--prototypes", action="store_true", help="start from the file's prototypes as well"
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=PAPER_UPDATES + 1,
        metavar="N",
        help=f"passes over a latent, the last without an update (default {PAPER_UPDATES + 1})",
    )
    parser.add_argument("--seed", type=int, default=0)
    add_machine_arguments(parser, "searched")


def search_starts(options: argparse.Namespace, weights: Weights) -> list[Tensor]:
    """Latents `[m, latents]` from which the search of each class starts."""
    samples = paper_samples(
        options.samples,
        weights.decoders[0].latents,
        generator_for(options.seed, "evaluation samples"),
    )
    starts = [samples] * len(weights.decoders)
    if options.prototypes and weights.prototypes is not None:
        starts = [torch.cat([own, samples]) for own in weights.prototypes]
    if len(starts[0]) == 0:
        raise DataError("there is no latent to start from: no samples and no prototypes")
    return [start.to(options.device) for start in starts]


def read_limited_split(options: argparse.Namespace, classes: int) -> ImageSet:
    """The images that `--data`, `--split`, `--classes` and `--limit` name.

    Raises DataError when they cannot be read or are not of the classes of the weights.
    """
    image_set = read_split(options.data, options.split, options.classes, classes)
    return image_set if options.limit is None else image_set.first(options.limit)


def add_class_name_arguments(parser: argparse.ArgumentParser) -> None:
    """`--class-names` and `--class-names-file`."""
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--class-names", type=names, metavar="A,B,…", help="one name per class")
    given.add_argument(
        "--class-names-file", type=Path, metavar="FILE", help="text file with one name per line"
    )


def class_names(options: argparse.Namespace) -> Optional[list[str]]:
    """The names given by either option, or none."""
    if options.class_names_file is None:
        given: Optional[list[str]] = options.class_names
        return given
    try:
        # Some editors put a byte order mark first, which is no part of a name.
        lines = options.class_names_file.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{options.class_names_file}: cannot be read: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def class_name_words(options: argparse.Namespace) -> list[str]:
    """The words of a command line that give these names, without folders of this machine."""
    if options.class_names_file is not None:
        return ["--class-names-file", options.class_names_file.name]
    if options.class_names is not None:
        return ["--class-names", ",".join(options.class_names)]
    return []


TABLE_SIZES = {
    "coefficients": (multiple_of_4, "of an image in the basis, a multiple of 4"),
    "surrogate_hidden": (multiple_of_4, "units of a surrogate's layers, a multiple of 4"),
    "proposal_hidden": (multiple_of_4, "units of the proposing network, a multiple of 4"),
    "candidates": (candidates, f"latents proposed per class, 1 to {MOST_CANDIDATES}"),
    "surrogate_steps": (positive, "of the surrogates' fit"),
    "proposal_steps": (positive, "of the proposing network's fit"),
}
"""Options that set a field of `TableSizes`, as docs/weights-format.md allows them."""


def add_table_arguments(parser: argparse.ArgumentParser) -> None:
    """The sizes of the race's tables and of their fit."""
    group = parser.add_argument_group("tables of the race")
    for name, (kind, what) in TABLE_SIZES.items():
        default = getattr(TableSizes(), name)
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=default,
            metavar="N",
            help=f"{what} (default {default})",
        )


def table_sizes(options: argparse.Namespace) -> TableSizes:
    """What these options say."""
    return TableSizes(**{name: getattr(options, name) for name in TABLE_SIZES})


def table_words(options: argparse.Namespace) -> list[str]:
    """The words of a command line that say the same."""
    pairs = [(f"--{name.replace('_', '-')}", str(getattr(options, name))) for name in TABLE_SIZES]
    return [word for pair in pairs for word in pair]
