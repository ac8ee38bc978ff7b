"""The commands that look at a weights file: `evaluate`, `storage` and `decode`."""

import argparse
import json
import os
from pathlib import Path

import torch

from abs_training.arguments import add_data_arguments, names, not_negative, positive
from abs_training.binary_variant import binarised, scaled
from abs_training.calibration import quality
from abs_training.data import (
    DataError,
    ImageSet,
    choose_classes,
    keep_classes,
    read_image_set,
    split_training,
    to_unit_range,
)
from abs_training.inference import (
    PAPER_SAMPLES,
    PAPER_UPDATES,
    decode,
    paper_samples,
    search_all_classes,
)
from abs_training.quantization import STORAGES
from abs_training.randomness import generator_for
from abs_training.safetensors_file import WeightsFileError
from abs_training.storage_report import HEADINGS, storage_figures
from abs_training.threads import use_one_thread
from abs_training.weights_file import BINARY_VARIANT, read_weights


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Makes `parser` that of `evaluate`."""
    parser.set_defaults(run=_evaluate)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--variant", choices=("abs", BINARY_VARIANT), default="abs")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N images")
    parser.add_argument(
        "--samples",
        type=not_negative,
        default=PAPER_SAMPLES,
        metavar="N",
        help=f"latents drawn from the prior to start from (default {PAPER_SAMPLES})",
    )
    parser.add_argument(
        "--prototypes", action="store_true", help="start from the file's prototypes as well"
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=PAPER_UPDATES + 1,
        metavar="N",
        help=f"passes over a latent, the last without an update (default {PAPER_UPDATES + 1})",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N")


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Makes `parser` that of `storage`."""
    parser.set_defaults(run=_storage, split="validation")
    parser.add_argument(
        "--weights", type=Path, required=True, metavar="FILE", help="weights stored as float32"
    )
    add_data_arguments(parser)
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="only the first N validation images"
    )
    parser.add_argument(
        "--storages",
        type=names,
        default=list(STORAGES),
        metavar="A,B,…",
        help=f"some of {', '.join(STORAGES)} (default: all)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N")


def add_decode(parser: argparse.ArgumentParser) -> None:
    """Makes `parser` that of `decode`."""
    parser.set_defaults(run=_decode)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--latents", type=Path, required=True, metavar="FILE", help="JSON: [[number, …], …]"
    )


def _evaluate(options: argparse.Namespace) -> None:
    use_one_thread()
    weights = read_weights(options.weights)
    device = torch.device(options.device)
    images = _read_split(options, len(weights.class_names))
    samples = paper_samples(
        options.samples,
        weights.decoders[0].latents,
        generator_for(options.seed, "evaluation samples"),
    )
    starts = [samples] * len(weights.decoders)
    if options.prototypes and weights.prototypes is not None:
        starts = [torch.cat([own, samples]) for own in weights.prototypes]
    if len(starts[0]) == 0:
        raise DataError("there is no latent to start from: no samples and no prototypes")
    values = to_unit_range(images.images.to(device)).flatten(1)
    variant = weights.binary_variant if options.variant == BINARY_VARIANT else None
    if options.variant == BINARY_VARIANT:
        if variant is None:
            raise WeightsFileError(f"{options.weights}: has no variant {BINARY_VARIANT}, only abs")
        values = binarised(values, variant.threshold)
    losses = search_all_classes(
        [decoder.to(device) for decoder in weights.decoders],
        values,
        [start.to(device) for start in starts],
        weights.prior,
        options.steps - 1,
        options.workers,
    ).cpu()
    if variant is not None:
        losses = scaled(losses, variant.class_scales)
    print(f"{len(images)} {options.split} images: {quality(losses, images.labels)}")


def _storage(options: argparse.Namespace) -> None:
    use_one_thread()
    unknown = [name for name in options.storages if name not in STORAGES]
    if unknown:
        raise DataError(f"--storages: {', '.join(unknown)} is none of {', '.join(STORAGES)}")
    weights = read_weights(options.weights)
    images = _read_split(options, len(weights.class_names))
    print(f"{len(images)} validation images; changes of the winner's loss are times 784")
    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    for figures in storage_figures(
        weights, images, options.storages, options.seed, options.workers
    ):
        print(f"| {' | '.join(figures.cells())} |", flush=True)


def _read_split(options: argparse.Namespace, classes: int) -> ImageSet:
    prefix = "t10k" if options.split == "test" else "train"
    image_set, _ = read_image_set(options.data, prefix)
    if options.split == "validation":
        _, image_set = split_training(image_set)
    chosen, _ = choose_classes(image_set.labels, options.classes, None)
    if len(chosen) != classes:
        raise DataError(f"the weights have {classes} classes, but the images {len(chosen)}")
    image_set = keep_classes(image_set, chosen)
    return image_set if options.limit is None else image_set.first(options.limit)


def _decode(options: argparse.Namespace) -> None:
    weights = read_weights(options.weights)
    expected = weights.decoders[0].latents
    try:
        latents = torch.tensor(json.loads(options.latents.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{options.latents}: cannot be read: {error}") from error
    if latents.dim() != 2 or latents.shape[1] != expected:
        raise DataError(f"{options.latents}: must be a list of lists of {expected} numbers")
    images = [decode(decoder, latents.float()).tolist() for decoder in weights.decoders]
    print(json.dumps({"classes": weights.class_names, "images": images}))
