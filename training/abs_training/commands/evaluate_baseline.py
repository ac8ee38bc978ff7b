"""`evaluate-baseline`: accuracy of a baseline network, also under attack."""

import argparse
import hashlib
import json
from pathlib import Path

from abs_training.baselines.adversarial_attack import EVALUATION, Attack
from abs_training.baselines.card import EVALUATION_SUFFIX, write_card
from abs_training.baselines.cnn import read_cnn
from abs_training.baselines.figures import described, measure
from abs_training.commands.arguments import add_data_arguments
from abs_training.commands.values import positive
from abs_training.foundation.checkpoint import write_atomically
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import read_split


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--model", type=Path, required=True, metavar="FILE", help="its safetensors file"
    )
    add_data_arguments(parser)
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument(
        "--attacked",
        type=positive,
        default=1000,
        metavar="N",
        help="the first N images are attacked (default 1000)",
    )
    parser.add_argument("--radius", type=float, default=EVALUATION.radius)
    parser.add_argument("--steps", type=positive, default=EVALUATION.steps)
    parser.add_argument("--step-size", type=float, default=EVALUATION.step_size)
    parser.add_argument("--restarts", type=positive, default=EVALUATION.restarts)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--cite", action="store_true", help="also write the figures into the card next to the model"
    )


def run(options: argparse.Namespace) -> None:
    """Measures the network on a split and prints the figures."""
    use_one_thread()
    cnn = read_cnn(options.model)
    images = read_split(options.data, options.split, options.classes, len(cnn.class_names))
    attack = Attack(options.radius, options.step_size, options.steps, options.restarts)
    figures = measure(cnn, images, options.attacked, attack, options.seed)
    print(f"{options.model.stem}: {len(images)} {options.split} images: {described(figures)}")
    if options.cite:
        # The card cites figures only of the very file that was measured.
        digest = hashlib.sha256(options.model.read_bytes()).hexdigest()
        content = {"split": options.split, "model_sha256": digest, **figures}
        path = options.model.with_name(options.model.stem + EVALUATION_SUFFIX)
        write_atomically(path, (json.dumps(content, indent=2) + "\n").encode("utf-8"))
        write_card(options.model.parent)
