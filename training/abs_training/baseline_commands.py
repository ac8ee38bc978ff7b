"""The commands `baselines` and `evaluate-baseline`."""

import argparse
import dataclasses
import hashlib
import json
import platform
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import torch

from abs_training.adversarial_attack import EVALUATION, Attack, accuracy, robust_accuracy
from abs_training.arguments import (
    add_class_name_arguments,
    add_data_arguments,
    chosen_class_names,
    class_name_words,
    positive,
)
from abs_training.baseline_card import EVALUATION_SUFFIX, write_card
from abs_training.baseline_training import RECIPES, BaselineTraining, Recipe
from abs_training.checkpoint import write_atomically
from abs_training.cnn import Cnn, read_cnn, write_cnn
from abs_training.data import DataSet, ImageSet, read_data_set, read_split, to_unit_range
from abs_training.onnx_export import onnx_bytes, write_onnx
from abs_training.randomness import generator_for
from abs_training.threads import use_one_thread

QUICK_ATTACK_STEPS = 2
"""Steps of the attack that measures a quick check."""


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `baselines`."""
    parser.set_defaults(run=_train)
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


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `evaluate-baseline`."""
    parser.set_defaults(run=_evaluate)
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
        "--cite", action="store_true", help="also write the figures into the card beside the model"
    )


def _train(options: argparse.Namespace) -> None:
    use_one_thread()
    data = read_data_set(options.data, options.classes, chosen_class_names(options))
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
    run = BaselineTraining(recipe, data, folder)
    cnn = run.run()
    attack, validation = EVALUATION, data.validation
    if recipe.max_steps is not None:
        attack = dataclasses.replace(attack, steps=QUICK_ATTACK_STEPS, restarts=1)
        validation = validation.first(recipe.batch)
    with run.record.timed("validation"):
        figures = measure(cnn, validation, len(validation), attack, recipe.seed)
    print(f"{recipe.name}: {len(validation)} validation images: {_described(figures)}")
    training = {
        "name": recipe.name,
        "command": _command_line(options, recipe),
        "recipe": dataclasses.asdict(recipe),
        "images": {"training": run.image_count, "validation": len(data.validation)},
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": str(np.__version__),
        },
        "seconds": run.record.seconds,
        "validation": figures,
    }
    path = options.out / f"{recipe.name}-cnn.safetensors"
    write_cnn(path, cnn, training, data.sha256)
    write_onnx(path.with_suffix(".onnx"), cnn, recipe.seed)


def measure(
    cnn: Cnn, image_set: ImageSet, attacked: int, attack: Attack, seed: int
) -> dict[str, Any]:
    """Accuracy on all images of a set, and under attack on the first `attacked` of them."""
    images = to_unit_range(image_set.images)
    count = min(attacked, len(images))
    return {
        "images": len(images),
        "accuracy": round(accuracy(cnn, images, image_set.labels), 5),
        "attack": str(attack),
        "attacked_images": count,
        "robust_accuracy": round(
            robust_accuracy(
                cnn,
                images[:count],
                image_set.labels[:count],
                attack,
                generator_for(seed, "evaluation"),
            ),
            5,
        ),
    }


def _described(figures: dict[str, Any]) -> str:
    return (
        f"accuracy {100 * figures['accuracy']:.2f} %; under attack ({figures['attack']}; first "
        f"{figures['attacked_images']}) {100 * figures['robust_accuracy']:.2f} %"
    )


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


def _evaluate(options: argparse.Namespace) -> None:
    use_one_thread()
    cnn = read_cnn(options.model)
    images = read_split(options.data, options.split, options.classes, len(cnn.class_names))
    attack = Attack(options.radius, options.step_size, options.steps, options.restarts)
    figures = measure(cnn, images, options.attacked, attack, options.seed)
    print(f"{options.model.stem}: {len(images)} {options.split} images: {_described(figures)}")
    if options.cite:
        # The card cites figures only of the very file that was measured.
        digest = hashlib.sha256(options.model.read_bytes()).hexdigest()
        content = {"split": options.split, "model_sha256": digest, **figures}
        path = options.model.with_name(options.model.stem + EVALUATION_SUFFIX)
        write_atomically(path, (json.dumps(content, indent=2) + "\n").encode("utf-8"))
        write_card(options.model.parent)
