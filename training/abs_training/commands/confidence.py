"""`confidence`: fits only the confidence of a weights file again."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from abs_training.stages.confidence_refit import refit_to_found
from abs_training.weights.model_card import update_model_card
from abs_training.weights.weights_file import read_weights, write_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--evidence",
        type=Path,
        required=True,
        metavar="SETS",
        help="folder that `fit-sets` wrote, and in which bench/confidence-evidence.ts left what the race finds",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Fits to what the module found, and writes the new file."""
    weights = read_weights(options.weights)
    fitted = refit_to_found(weights, options.evidence, options.seed)
    words = ["python3", "-m", "abs_training", "confidence", "--weights", options.weights.name]
    words += ["--evidence", options.evidence.name, "--seed", str(options.seed)]
    training = {**weights.training, "confidence": {"command": shlex.join(words)}}
    write_weights(options.out, replace(fitted, training=training))
    update_model_card(options.out)
    if fitted.calibrated is not None:
        print(
            f"images of a confidence below {fitted.calibrated.reject_below} are rejected, "
            f"and of a gate whose logit is below {fitted.calibrated.reject_logit_below}"
        )
