"""`evaluate`: accuracy, cross-entropy and margin of a weights file."""

import argparse

from abs_training.commands.arguments import (
    add_data_arguments,
    add_search_arguments,
    add_split_arguments,
    read_limited_split,
    search_starts,
)
from abs_training.confidence.binary_variant import scaled
from abs_training.confidence.calibration import quality
from abs_training.foundation.threads import use_one_thread
from abs_training.images.augmentation import binarised
from abs_training.images.data import to_unit_range
from abs_training.search.inference import search_all_classes
from abs_training.storage.safetensors_file import WeightsFileError
from abs_training.weights.published import read_any_weights
from abs_training.weights.weights_file import BINARY_VARIANT


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    add_data_arguments(parser)
    add_split_arguments(parser)
    add_search_arguments(parser)
    parser.add_argument("--variant", choices=("abs", BINARY_VARIANT), default="abs")


def run(options: argparse.Namespace) -> None:
    """Searches every class for every image of the split and prints figures of quality."""
    use_one_thread()
    weights = read_any_weights(options.weights)
    images = read_limited_split(options, len(weights.class_names))
    values = to_unit_range(images.images.to(options.device)).flatten(1)
    variant = weights.binary_variant if options.variant == BINARY_VARIANT else None
    if options.variant == BINARY_VARIANT:
        if variant is None:
            raise WeightsFileError(f"{options.weights}: has no variant {BINARY_VARIANT}, only abs")
        values = binarised(values, variant.threshold)
    losses = search_all_classes(
        [decoder.to(options.device) for decoder in weights.decoders],
        weights.assumptions.seen(values),
        search_starts(options, weights),
        weights.assumptions,
        options.steps - 1,
        options.workers,
    ).cpu()
    if variant is not None:
        losses = scaled(losses, variant.class_scales)
    print(f"{len(images)} {options.split} images: {quality(losses, images.labels)}")
