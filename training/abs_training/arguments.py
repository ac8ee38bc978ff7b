"""Options that several commands share, and how they are read."""

import argparse
from pathlib import Path
from typing import Optional

from abs_training.data import DataError


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares `--data` and `--classes`."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with the four files named as MNIST's, with or without .gz",
    )
    parser.add_argument(
        "--classes",
        type=_integers,
        metavar="0,1,…",
        help="only these labels of the files (default: all)",
    )


def add_class_name_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares `--class-names` and `--class-names-file`."""
    names = parser.add_mutually_exclusive_group()
    names.add_argument("--class-names", type=_names, metavar="A,B,…", help="one name a class")
    names.add_argument(
        "--class-names-file", type=Path, metavar="FILE", help="text file with one name a line"
    )


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def positive(text: str) -> int:
    """An integer of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def several(text: str) -> int:
    """An integer of at least 2."""
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"{value} is less than 2")
    return value


def not_negative(text: str) -> int:
    """An integer of at least 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is less than 0")
    return value


def chosen_class_names(options: argparse.Namespace) -> Optional[list[str]]:
    """The names given by either option, or none."""
    if options.class_names_file is None:
        names: Optional[list[str]] = options.class_names
        return names
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
