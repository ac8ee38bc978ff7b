"""`views`: says which other views of an image the race tries."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from abs_training.commands.values import view_rule
from abs_training.images.data import DataError
from abs_training.search.assumptions import Views
from abs_training.weights.model_card import update_model_card
from abs_training.weights.weights_file import read_weights, write_weights

KINDS = ("centred", "levelled", "filled")


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    for kind in KINDS:
        parser.add_argument(
            f"--{kind}",
            type=view_rule,
            metavar="DOUBT,SHARE",
            help="the loss above which it is tried, and the share of that below which its own has to come "
            "(bench/views.ts prints what they do); left out: never",
        )


def run(options: argparse.Namespace) -> None:
    """Writes the new file; all else is as it was."""
    weights = read_weights(options.weights)
    rules = {kind: getattr(options, kind) for kind in KINDS}
    assumptions = replace(weights.assumptions, views=Views(**rules))
    try:
        assumptions.check()
    except ValueError as error:
        raise DataError(str(error)) from error
    words = ["python3", "-m", "abs_training", "views", "--weights", options.weights.name]
    for kind, rule in rules.items():
        if rule is not None:
            words += [f"--{kind}", f"{rule.doubt:g},{rule.share:g}"]
    training = {**weights.training, "views": {"command": shlex.join(words)}}
    write_weights(options.out, replace(weights, assumptions=assumptions, training=training))
    update_model_card(options.out)
