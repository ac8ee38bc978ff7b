"""`attack-race`: images moved so that the race's cheap stages drop their class."""

import argparse
from pathlib import Path

from torch import Tensor

from abs_training.commands.arguments import (
    add_data_arguments,
    add_split_arguments,
    read_limited_split,
)
from abs_training.commands.values import not_negative, positive
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import SIDE, to_unit_range
from abs_training.images.image_set_files import LabelledSet, write_sets
from abs_training.race.attack import (
    Ball,
    CheapStages,
    RaceAttack,
    Truth,
    attack_race,
    leads,
    rounded_towards,
)
from abs_training.race.networks import networks_of
from abs_training.race.starts import RaceStarts
from abs_training.storage.safetensors_file import WeightsFileError
from abs_training.weights.weights_file import read_weights

DEFAULT_RADII = (0.5, 1.0, 1.5)


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    add_split_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--radius",
        type=_radius,
        action="append",
        metavar="L2",
        help=f"largest length of the change; several are several sets (default {DEFAULT_RADII})",
    )
    parser.add_argument(
        "--pixel-radius",
        type=_radius,
        action="append",
        metavar="LINF",
        help="largest change of a pixel, for further sets",
    )
    parser.add_argument(
        "--follow-truth",
        action="store_true",
        help="follow the right class's true loss too, and drop it only where it truly fits best",
    )
    parser.add_argument("--steps", type=positive, default=RaceAttack.steps, metavar="N")
    parser.add_argument("--restarts", type=positive, default=RaceAttack.restarts, metavar="N")
    parser.add_argument(
        "--updates",
        type=not_negative,
        default=RaceAttack.updates,
        metavar="N",
        help="steps on the surrogates that the adversary looks through",
    )
    parser.add_argument("--seed", type=int, default=0)


def _radius(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return value


def run(options: argparse.Namespace) -> None:
    """Attacks the images of a split and writes one set for each ball, with their labels."""
    use_one_thread()
    weights = read_weights(options.weights)
    if weights.race is None:
        raise WeightsFileError(f"{options.weights}: has no tables for a race")
    classes, latents = len(weights.class_names), weights.decoders[0].latents
    networks = networks_of(weights.race, classes, latents)
    stages = CheapStages(networks, weights.assumptions, options.updates)
    truth = None
    if options.follow_truth:
        starts = RaceStarts(weights.race, classes, latents, weights.assumptions)
        truth = Truth(weights.decoders, weights.assumptions, starts)
    chosen = read_limited_split(options, classes)
    images, labels = to_unit_range(chosen.images).flatten(1), chosen.labels
    balls = [Ball(radius, "Linf") for radius in options.pixel_radius or ()]
    if options.radius or not balls:
        balls = [Ball(radius, "L2") for radius in options.radius or DEFAULT_RADII] + balls
    before = leads(stages, images, labels)
    print(f"{len(images)} {options.split} images; another class is foretold to be best:")
    print(f"untouched: {_share_led(before)}")
    sets = {}
    for ball in balls:
        attack = RaceAttack(ball, options.steps, options.restarts, options.updates)
        moved = attack_race(stages, images, labels, attack, options.seed, truth)
        moved = rounded_towards(images, moved)
        print(f"{ball}: {_share_led(leads(stages, moved, labels))}", flush=True)
        kind = "attack" if truth is None else "deceit"
        sets[f"{kind} {ball}"] = LabelledSet(moved.reshape(-1, SIDE, SIDE), labels)
    write_sets(options.out, sets)


def _share_led(found: Tensor) -> str:
    share = 100 * float((found > 0).double().mean())
    return (
        f"{share:.1f} % of them; its lead in the loss is {float(found.median()):.4f} at the median"
    )
