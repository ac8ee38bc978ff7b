"""The commands about confidence: fitting it anew, and writing the images on which it is judged."""

import argparse
import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from abs_training.confidence_fit import fit_confidence
from abs_training.confidence_sets import LabelledSet, SetSizes, sets_for_report
from abs_training.data import (
    IMAGES_MAGIC,
    LABELS_MAGIC,
    SIDE,
    DataError,
    choose_classes,
    keep_classes,
    read_image_set,
    split_training,
)
from abs_training.inference import paper_samples
from abs_training.randomness import generator_for
from abs_training.threads import use_one_thread
from abs_training.weights_file import read_weights, write_weights

STARTS = 300
"""Latents drawn where a file brings no prototypes."""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `confidence` and `confidence-sets`."""
    fit = commands.add_parser("confidence", help="fit only the confidence of a weights file anew")
    fit.set_defaults(run=_fit)
    fit.add_argument("--weights", type=Path, required=True, metavar="FILE")
    fit.add_argument("--data", type=Path, required=True, metavar="DIR")
    fit.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    fit.add_argument("--classes", type=_integers, metavar="0,1,…", help="labels of the classes")
    fit.add_argument("--seed", type=int, default=0)
    fit.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    fit.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    sets = commands.add_parser(
        "confidence-sets",
        help="write clean, corrupted and junk images, on which a confidence is judged",
    )
    sets.set_defaults(run=_write_sets)
    sets.add_argument("--data", type=Path, required=True, metavar="DIR")
    sets.add_argument("--out", type=Path, required=True, metavar="DIR")
    sets.add_argument("--split", choices=("validation", "test"), default="validation")
    sets.add_argument("--limit", type=int, metavar="N", help="only the first N images")
    sets.add_argument(
        "--corrupted", type=int, default=1000, metavar="N", help="of each corruption (1000)"
    )
    sets.add_argument("--junk", type=int, default=1000, metavar="N", help="of each kind (1000)")


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _fit(options: argparse.Namespace) -> None:
    use_one_thread()
    weights = read_weights(options.weights)
    everything, _ = read_image_set(options.data, "train")
    _, validation = split_training(everything)
    chosen, _ = choose_classes(everything.labels, options.classes, None)
    if len(chosen) != len(weights.class_names):
        raise DataError(
            f"the weights have {len(weights.class_names)} classes, but the images {len(chosen)}"
        )
    device = torch.device(options.device)
    starts: Tensor
    if weights.prototypes is None:
        generator = generator_for(options.seed, "confidence", "starts")
        drawn = paper_samples(STARTS, weights.decoders[0].latents, generator)
        starts = drawn.expand(len(weights.decoders), *drawn.shape)
    else:
        starts = weights.prototypes
    calibrated = fit_confidence(
        [decoder.to(device) for decoder in weights.decoders],
        [own.to(device) for own in starts],
        weights.prior,
        keep_classes(validation, chosen),
        weights.class_names,
        SetSizes(),
        options.seed,
        options.workers,
    )
    write_weights(options.out, replace(weights, calibrated=calibrated))
    print(f"images of a confidence below {calibrated.reject_below} are rejected")


def _write_sets(options: argparse.Namespace) -> None:
    image_set, _ = read_image_set(options.data, "t10k" if options.split == "test" else "train")
    if options.split == "validation":
        _, image_set = split_training(image_set)
    if options.limit is not None:
        image_set = image_set.first(options.limit)
    options.out.mkdir(parents=True, exist_ok=True)
    names = []
    for kind, of_kind in sets_for_report(image_set, options.corrupted, options.junk).items():
        names.append({"kind": kind, "images": _write_set(options.out, kind, of_kind)})
        names[-1]["labels"] = of_kind.labels is not None
    (options.out / "sets.json").write_text(json.dumps(names, indent=2) + "\n", "utf-8")


def _write_set(folder: Path, kind: str, of_kind: LabelledSet) -> str:
    """Writes idx files and returns their common name."""
    name = kind.replace(" ", "-")
    values = (of_kind.images * 255).round().to(torch.uint8).numpy()
    header = struct.pack(">4I", IMAGES_MAGIC, len(values), SIDE, SIDE)
    (folder / f"{name}-images-idx3-ubyte").write_bytes(header + values.tobytes())
    if of_kind.labels is not None:
        labels = of_kind.labels.numpy().astype(np.uint8)
        header = struct.pack(">2I", LABELS_MAGIC, len(labels))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return name
