"""`inference-times`: how long the paper's inference takes in PyTorch, on one thread."""

import argparse
import json
import time
from pathlib import Path

from torch import Tensor

from abs_training.commands.values import positive
from abs_training.decoders.layers import Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import DataError, read_split, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import (
    PAPER_SAMPLES,
    PAPER_UPDATES,
    LatentSearch,
    StartTable,
    paper_samples,
)
from abs_training.weights.published import read_any_weights


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--batch",
        dest="batches",
        type=positive,
        nargs="+",
        default=[1, 100],
        metavar="N",
        help="images searched together (default: 1 and 100)",
    )
    parser.add_argument("--rounds", type=positive, default=5, metavar="N")


def run(options: argparse.Namespace) -> None:
    """Prints `{"batch": [seconds per image, …], …}`, a number per round.

    The samples are decoded beforehand; the first round of each batch warms up and is not counted.
    """
    use_one_thread()
    weights = read_any_weights(options.weights)
    image_set = read_split(options.data, "test", None, len(weights.decoders))
    largest = max(options.batches)
    if largest > len(image_set):
        raise DataError(f"--batch: {largest} is more than the {len(image_set)} test images")
    images = to_unit_range(image_set.images).flatten(1)
    latents = weights.decoders[0].latents
    samples = paper_samples(PAPER_SAMPLES, latents, generator_for(0, "evaluation samples"))
    tables = [StartTable(decoder, samples, weights.assumptions) for decoder in weights.decoders]
    seconds: dict[int, list[float]] = {batch: [] for batch in options.batches}
    for batch in options.batches:
        for measured in range(-1, options.rounds):
            first = (measured + 1) * batch % (len(images) - batch + 1)
            part = images[first : first + batch]
            start = time.perf_counter()
            for decoder, table in zip(weights.decoders, tables):
                search(decoder, table, part, weights.assumptions)
            if measured >= 0:
                seconds[batch].append((time.perf_counter() - start) / batch)
    print(json.dumps(seconds))


def search(decoder: Decoder, table: StartTable, images: Tensor, assumptions: Assumptions) -> Tensor:
    """Losses `[n]` of one class after the paper's search, as `search_all_classes` finds them."""
    start, _ = table.best(images)
    one = LatentSearch(decoder, images, start, assumptions)
    one.advance(PAPER_UPDATES)
    return one.losses()
