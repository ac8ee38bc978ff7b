"""What the words of a command line stand for: each function reads one kind of value, or says what is wrong with it."""

import argparse
from typing import Union

from abs_training.foundation.limits import MOST_CANDIDATES, MOST_RACE_UNITS
from abs_training.search.assumptions import Photometry, ViewRule


def integers(text: str) -> list[int]:
    """`0,1,2` as numbers."""
    return [int(part) for part in text.split(",")]


def each_positive(text: str) -> list[int]:
    """`16,32`: integers from 1."""
    return [positive(part) for part in text.split(",")]


def each_distance(text: str) -> list[float]:
    """`0.5,1`: finite numbers from 0."""
    return [distance(part) for part in text.split(",")]


def names(text: str) -> list[str]:
    """`circle, square` as names without the spaces around them."""
    return [part.strip() for part in text.split(",")]


def positive(text: str) -> int:
    """An integer from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def several(text: str) -> int:
    """An integer from 2."""
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"{value} is less than 2")
    return value


def multiple_of_4(text: str) -> int:
    """A positive multiple of 4, for the module's lanes, up to the width that a table may have."""
    value = int(text)
    if value < 4 or value > MOST_RACE_UNITS or value % 4:
        raise argparse.ArgumentTypeError(
            f"{value} is not a multiple of 4 from 4 to {MOST_RACE_UNITS}"
        )
    return value


def candidates(text: str) -> int:
    """As many latents as the race's tables may propose for each class."""
    value = positive(text)
    if value > MOST_CANDIDATES:
        raise argparse.ArgumentTypeError(f"{value} is more than {MOST_CANDIDATES}")
    return value


def not_negative(text: str) -> int:
    """An integer from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is less than 0")
    return value


def distance(text: str) -> float:
    """A finite number from 0."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{value} is not a number from 0")
    return value


def share(text: str) -> float:
    """A number from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{value} is not from 0 to 1")
    return value


def share_below_one(text: str) -> float:
    """A number from 0 to less than 1."""
    value = share(text)
    if value == 1:
        raise argparse.ArgumentTypeError("1 leaves nothing")
    return value


def each_share(text: str) -> list[float]:
    """`0.004,0.01`: numbers from 0 to 1."""
    return [share(part) for part in text.split(",")]


def shares(text: str) -> tuple[float, float, float]:
    """Three numbers from 0 to 1 that sum to at most 1."""
    values = [share(part) for part in text.split(",")]
    if len(values) != 3 or sum(values) > 1 + 1e-9:
        raise argparse.ArgumentTypeError(f"{text} is not three shares of at most 1 in all")
    return values[0], values[1], values[2]


NONE = "none"


def photometry(text: str) -> Union[Photometry, str]:
    """Two numbers, or `none`."""
    if text == NONE:
        return NONE
    values = [float(part) for part in text.split(",")]
    if len(values) != 2:
        raise argparse.ArgumentTypeError(f"{text} is not two numbers")
    return Photometry(*values)


def tolerance(text: str) -> Union[float, str]:
    """A number, or `none`."""
    return NONE if text == NONE else float(text)


def view_rule(text: str) -> ViewRule:
    """`0.008,0.85`: the loss above which a view is tried, and the share of it below which its own has to come."""
    try:
        doubt, least = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not two numbers, DOUBT,SHARE") from error
    return ViewRule(doubt, least)
