"""The card of a folder of baselines: what they are, how they were made and how good they are."""

import hashlib
import json
from pathlib import Path
from typing import Any, Optional

from abs_training.baselines.adversarial_attack import Attack
from abs_training.baselines.cnn import KERNELS, STRIDES, read_cnn, read_history
from abs_training.foundation.checkpoint import write_atomically

EVALUATION_SUFFIX = ".evaluation.json"
"""Figures of `evaluate-baseline --cite` lie in a file of the model's name and this suffix."""

TITLES = {"plain": "Plain CNN", "adversarial": "Adversarially trained CNN"}


def write_card(folder: Path) -> None:
    """Writes `README.md` about all baselines (`NAME-cnn.safetensors`) in the folder."""
    paths = [folder / f"{name}-cnn.safetensors" for name in TITLES]
    sections = [line for path in paths if path.is_file() for line in _section(path)]
    lines = [
        "# Baselines",
        "",
        "Small convolutional networks to compare the analysis-by-synthesis classifier with, made by",
        "`python3 -m abs_training baselines` (see `training/`). Each comes as ONNX (input `image`,",
        "n×1×28×28 in 0..1, bright ink on dark, no further normalisation; output `logits`,",
        "n×classes), as safetensors for `abs_training.baselines.cnn.read_cnn`, and with golden numbers: a few",
        "images of random bytes, and the logits that PyTorch computes for bytes/255.",
        "",
        "The layout is that of the CNN in Schott et al. 2018 (arXiv:1805.09190), narrowed, with ReLU.",
        "Validation images are the last twelfth of the training file. Training opens no test image;",
        "test figures were printed by `evaluate-baseline`. An image counts as right under attack if",
        "it keeps its label at every point that the attack visits in any restart.",
        "",
        *sections,
        "## Limits",
        "",
        "Made for comparison only: networks that answer every image, junk too, with one of their",
        "classes. Robustness was measured with one gradient attack, within L∞; others may find more.",
        "One training run with one seed.",
        "",
    ]
    write_atomically(folder / "README.md", "\n".join(lines).encode("utf-8"))


def _section(path: Path) -> list[str]:
    cnn = read_cnn(path)
    training, sha256 = read_history(path)
    recipe, versions = training["recipe"], training["versions"]
    layers = [
        f"{count}@{kernel}×{kernel} stride {stride}"
        for count, kernel, stride in zip((*cnn.maps, len(cnn.class_names)), KERNELS, STRIDES)
    ]
    seconds = ", ".join(f"{stage} {spent:.0f}" for stage, spent in training["seconds"].items())
    return [
        f"## {TITLES[training['name']]}",
        "",
        f"- files: `{path.with_suffix('.onnx').name}`, `{path.name}`, "
        f"`{path.with_suffix('.golden.json').name}`",
        f"- {len(cnn.class_names)} classes: {', '.join(cnn.class_names)}",
        f"- convolutions: {', '.join(layers)}",
        f"- {cnn.parameter_count():,} parameters, {cnn.multiplications():,} multiplications per "
        "image",
        f"- training: {_method(recipe)}",
        f"- {training['images']['training']:,} training and "
        f"{training['images']['validation']:,} validation images",
        f"- seed {recipe['seed']}; Python {versions['python']}, torch {versions['torch']}, numpy "
        f"{versions['numpy']}, {recipe['device']}; wall-clock seconds: {seconds}",
        "",
        "```sh",
        training["command"],
        "```",
        "",
        "| images | accuracy | under attack | attack |",
        "| --- | --- | --- | --- |",
        _row("validation", training["validation"]),
        *(_row(figures["split"], figures) for figures in [_cited(path)] if figures is not None),
        "",
        "SHA-256 of the data, uncompressed:",
        "",
        *(f"- `{name}`: `{digest}`" for name, digest in sorted(sha256.items())),
        "",
    ]


def _method(recipe: dict[str, Any]) -> str:
    """The training in a sentence."""
    parts = [
        f"{recipe['epochs']} epochs in batches of {recipe['batch']}, Adam with learning rate "
        f"{recipe['learning_rate']} falling to 0"
    ]
    if recipe["batch_norm"]:
        parts.append("batch normalisation, folded into the weights")
    if recipe["augmented_share"] > 0:
        parts.append(f"{100 * recipe['augmented_share']:.0f} % of the images slightly distorted")
    if recipe["attack"] is not None:
        parts.append(
            f"every image attacked first ({Attack(**recipe['attack'])}; radius and step size rise "
            f"from 0 over the first {100 * recipe['warm_up_share']:.0f} % of the epochs)"
        )
    return "; ".join(parts)


def _row(split: str, figures: dict[str, Any]) -> str:
    robust = f"{100 * figures['robust_accuracy']:.2f} % of {figures['attacked_images']}"
    return (
        f"| {figures['images']} {split} | {100 * figures['accuracy']:.2f} % | {robust} | "
        f"{figures['attack']} |"
    )


def _cited(path: Path) -> Optional[dict[str, Any]]:
    """Figures that `evaluate-baseline --cite` kept of this very file."""
    evaluation = path.with_name(path.stem + EVALUATION_SUFFIX)
    if not evaluation.is_file():
        return None
    figures: dict[str, Any] = json.loads(evaluation.read_text("utf-8"))
    current = figures["model_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    return figures if current else None
