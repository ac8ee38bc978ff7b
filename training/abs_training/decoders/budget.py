"""What a whole model may cost, so that the package's reader accepts what is trained.

`docs/weights-format.md`, "Limits", has it in words.
"""

from typing import Sequence

from abs_training.decoders.layers import Layer, LayerError, Size, multiply_adds, output_size
from abs_training.foundation.limits import (
    MOST_MULTIPLY_ADDS_OF_ALL,
    MOST_PROTOTYPE_MULTIPLY_ADDS,
    MOST_PROTOTYPES,
    MOST_PROTOTYPES_OF_ALL,
    MOST_VALUES,
)


def check_budget(layers: Sequence[Layer], latents: int, classes: int, prototypes: int) -> None:
    """Raises LayerError for a model that a reader would refuse, saying what it takes and what it may.

    `prototypes` are those of each class. The layers are checked already (`check_layers`).
    """
    work = classes * multiply_adds(layers, latents)
    if work > MOST_MULTIPLY_ADDS_OF_ALL:
        raise LayerError(
            f"decoding with {classes} classes takes {work:,} multiply-adds, but at most "
            f"{MOST_MULTIPLY_ADDS_OF_ALL:,} are possible"
        )
    if prototypes > MOST_PROTOTYPES or prototypes * classes > MOST_PROTOTYPES_OF_ALL:
        raise LayerError(
            f"{prototypes} prototypes for each of {classes} classes, but at most {MOST_PROTOTYPES} "
            f"per class and {MOST_PROTOTYPES_OF_ALL} in all are possible"
        )
    # Before the race's tables are fitted, a reader decodes them all.
    if prototypes * work > MOST_PROTOTYPE_MULTIPLY_ADDS:
        raise LayerError(
            f"decoding {prototypes} prototypes per class takes {prototypes * work:,} multiply-adds, "
            f"but at most {MOST_PROTOTYPE_MULTIPLY_ADDS:,} are possible"
        )
    check_values(values(layers, latents, classes, prototypes))


def values(layers: Sequence[Layer], latents: int, classes: int, prototypes: int) -> int:
    """Numbers in the tensors of a file without tables of the race, with all scales that there may be."""
    return classes * (_layer_values(layers, latents) + latents * (prototypes + 1))


def check_values(count: int) -> None:
    """Raises LayerError when so many numbers in all tensors are more than a file may hold."""
    if count > MOST_VALUES:
        raise LayerError(
            f"{count:,} numbers in all tensors, but at most {MOST_VALUES:,} are possible"
        )


def _layer_values(layers: Sequence[Layer], latents: int) -> int:
    """Numbers in a class's layers: weights, biases, and two scales for each channel where there are any."""
    total = 0
    size = Size(latents, 1, 1)
    for layer in layers:
        output = output_size(layer, size)
        channels = output.channels
        if layer["kind"] == "dense":
            total += output.count() * (size.count() + 1) + 2 * channels
        elif layer["kind"] == "transposed_convolution":
            total += channels * (size.channels * layer["kernel"] ** 2 + 3)
        elif layer["kind"] == "pixel_shuffle_convolution":
            total += 4 * channels * (9 * size.channels + 3)
        size = output
    return total
