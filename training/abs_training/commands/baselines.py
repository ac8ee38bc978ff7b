"""`baselines`: trains networks to compare with, and exports them to ONNX."""

import argparse
import dataclasses
import platform
import shlex
from pathlib import Path

import numpy as np
import torch

from abs_training.baselines.adversarial_attack import EVALUATION
from abs_training.baselines.card import write_card
from abs_training.baselines.cnn import Cnn, write_cnn
from abs_training.baselines.figures import described, measure
from abs_training.baselines.onnx import onnx_bytes, write_onnx
from abs_training.baselines.training import RECIPES, BaselineTraining, Recipe
from abs_training.commands.arguments import (
    add_class_name_arguments,
    add_data_arguments,
    class_name_words,
    class_names,
)
from abs_training.commands.values import positive
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import DataSet, read_data_set

QUICK_ATTACK_STEPS = 2
"""Steps of the attack that measures a quick check."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    add_data_arguments(parser)
    add_class_name_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", choices=sorted(RECIPES), help="one of them (default: all)")
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--max-steps", type=positive, metavar="N", help="quick check: at most N steps"
    )
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument(
        "--run-directory",
        type=Path,
        metavar="DIR",
        help="where the runs are saved as they go; runs with the same settings and data continue "
        "from there (default: runs/ and the name of the output folder)",
    )


def run(options: argparse.Namespace) -> None:
    """Trains, measures and writes the networks, and the card of all in the folder."""
    use_one_thread()
    data = read_data_set(options.data, options.classes, class_names(options))
    folder = options.run_directory or Path("runs") / options.out.resolve().name
    for name, recipe in RECIPES.items():
        if options.only in (None, name):
            _train_one(_adjusted(recipe, options), data, folder / name, options)
    write_card(options.out)


def _adjusted(recipe: Recipe, options: argparse.Namespace) -> Recipe:
    """The recipe with what the command line asks for."""
    return dataclasses.replace(
        recipe,
        epochs=recipe.epochs if options.epochs is None else options.epochs,
        seed=options.seed,
        max_steps=options.max_steps,
        device=options.device,
    )


def _train_one(recipe: Recipe, data: DataSet, folder: Path, options: argparse.Namespace) -> None:
    # Better to fail for want of a package before the training than after it.
    onnx_bytes(Cnn(recipe.maps, data.class_names, batch_norm=False))
    training_run = BaselineTraining(recipe, data, folder)
    cnn = training_run.run()
    attack, validation = EVALUATION, data.validation
    if recipe.max_steps is not None:
        attack = dataclasses.replace(attack, steps=QUICK_ATTACK_STEPS, restarts=1)
        validation = validation.first(recipe.batch)
    with training_run.record.timed("validation"):
        figures = measure(cnn, validation, len(validation), attack, recipe.seed)
    print(f"{recipe.name}: {len(validation)} validation images: {described(figures)}")
    training = {
        "name": recipe.name,
        "command": _command_line(options, recipe),
        "recipe": dataclasses.asdict(recipe),
        "images": {"training": training_run.image_count, "validation": len(data.validation)},
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": str(np.__version__),
        },
        "seconds": training_run.record.seconds,
        "validation": figures,
    }
    path = options.out / f"{recipe.name}-cnn.safetensors"
    write_cnn(path, cnn, training, data.sha256)
    write_onnx(path.with_suffix(".onnx"), cnn, recipe.seed)


def _command_line(options: argparse.Namespace, recipe: Recipe) -> str:
    """The command that repeats the run; folders of this machine are left out."""
    words = ["python3", "-m", "abs_training", "baselines", "--data", "DATA"]
    words += ["--out", options.out.resolve().name]
    if options.classes is not None:
        words += ["--classes", ",".join(str(label) for label in options.classes)]
    words += [*class_name_words(options), "--only", recipe.name, "--seed", str(recipe.seed)]
    words += ["--epochs", str(recipe.epochs)]
    if recipe.max_steps is not None:
        words += ["--max-steps", str(recipe.max_steps)]
    return shlex.join([*words, "--device", recipe.device])
