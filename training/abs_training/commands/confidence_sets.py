"""`confidence-sets`: writes clean, corrupted and junk images, on which a confidence is judged."""

import argparse
from pathlib import Path

from abs_training.commands.arguments import add_split_arguments
from abs_training.commands.values import positive
from abs_training.confidence.sets import sets_for_report
from abs_training.images.data import read_image_set, split_training
from abs_training.images.image_set_files import write_sets


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    add_split_arguments(parser)
    parser.add_argument(
        "--corrupted", type=positive, default=1000, metavar="N", help="of each corruption (1000)"
    )
    parser.add_argument(
        "--junk", type=positive, default=1000, metavar="N", help="of each kind (1000)"
    )


def run(options: argparse.Namespace) -> None:
    """Writes idx files and `sets.json`, which lists them."""
    image_set, _ = read_image_set(options.data, "t10k" if options.split == "test" else "train")
    if options.split == "validation":
        _, image_set = split_training(image_set)
    if options.limit is not None:
        image_set = image_set.first(options.limit)
    write_sets(options.out, sets_for_report(image_set, options.corrupted, options.junk))
