"""`fit-sets`: writes the images that a confidence is fitted to, for the module to search."""

import argparse
from pathlib import Path

from abs_training.commands.arguments import (
    add_also_argument,
    add_class_name_arguments,
    add_data_arguments,
    add_junk_argument,
    class_names,
    read_more,
)
from abs_training.confidence.sets import SetSizes, sets_for_fit
from abs_training.images.data import read_data_set
from abs_training.images.image_set_files import write_sets


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    add_data_arguments(parser)
    add_class_name_arguments(parser)
    add_also_argument(parser)
    add_junk_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Writes idx files and `sets.json`, which lists them."""
    data = read_data_set(options.data, options.classes, class_names(options), options.also)
    sets = sets_for_fit(
        data.training,
        data.validation,
        data.class_names,
        SetSizes(),
        options.seed,
        read_more(options),
    )
    write_sets(options.out, sets)
