"""Arguments that several commands take."""

import argparse
from pathlib import Path


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--data` and `--classes`."""
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


def integers(text: str) -> list[int]:
    """Whole numbers separated by commas."""
    return [int(part) for part in text.split(",")]


def names(text: str) -> list[str]:
    """Words separated by commas."""
    return [part.strip() for part in text.split(",")]


def positive(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def not_negative(text: str) -> int:
    """A whole number from 0 on."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is less than 0")
    return value
