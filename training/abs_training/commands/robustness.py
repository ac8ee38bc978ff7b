"""`robustness`: how far images must move before the classifier changes its mind."""

import argparse
from typing import Sequence

import torch
from torch import Tensor

from abs_training.commands.arguments import (
    add_data_arguments,
    add_search_arguments,
    add_split_arguments,
    read_limited_split,
    search_starts,
)
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import to_unit_range
from abs_training.measures.robustness import Explainer, distances_along_line, distances_by_deepfool
from abs_training.weights.published import read_any_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    add_data_arguments(parser)
    add_split_arguments(parser)
    add_search_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Attacks the images of a split and prints medians and shares."""
    use_one_thread()
    weights = read_any_weights(options.weights)
    images = read_limited_split(options, len(weights.class_names))
    explainer = Explainer(
        [decoder.to(options.device) for decoder in weights.decoders],
        search_starts(options, weights),
        weights.assumptions,
        options.steps - 1,
        options.workers,
    )
    values = to_unit_range(images.images.to(options.device)).flatten(1)
    labels = images.labels.to(options.device)
    print(f"{len(images)} {options.split} images; L2 distance at which the label is lost:")
    for name, distances in (
        ("along the line to the best rival", distances_along_line(explainer, values, labels)),
        ("DeepFool, envelope gradient", distances_by_deepfool(explainer, values, labels)),
    ):
        print(f"{name}: {describe(distances)}", flush=True)


def describe(distances: Tensor) -> str:
    """Median and quartiles; the median's standard error comes from its order statistics."""
    low, lower, median, upper, high = quantiles(distances)
    right = 100 * float((distances > 0).double().mean())
    return (
        f"median {median:.3f} (95 % interval {low:.2f} to {high:.2f}), "
        f"quartiles {lower:.2f} and {upper:.2f}; {right:.1f} % right at distance 0"
    )


def quantiles(distances: Tensor) -> Sequence[float]:
    """Ends of the median's 95 % interval around quartiles and median, in ascending meaning."""
    ordered = distances.double().sort().values
    count = len(ordered)
    # The number of images below the true median is binomial: its deviation is √n / 2.
    half = 1.96 * 0.5 * count**0.5
    low = max(0, int(count / 2 - half))
    high = min(count - 1, int(count / 2 + half))
    at = torch.tensor([low, count // 4, count // 2, (3 * count) // 4, high])
    return [float(value) for value in ordered[at]]
