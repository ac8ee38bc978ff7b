"""The weights that the paper's authors published, as safetensors with batch normalisation folded in.

Tensors are named `class.C.decoder_folded.conv_I.{weight,bias}` for classes C and layers I from 0.
"""

from pathlib import Path
from typing import Mapping

from torch import Tensor

from abs_training.confidence.calibration import Calibration
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.search.assumptions import Assumptions
from abs_training.storage.safetensors_file import WeightsFileError, read_safetensors
from abs_training.weights.weights_file import Weights, read_weights

LATENTS = 8
CLASSES = 10

CALIBRATION = Calibration(scale=440, floor=3.9e-5, reject_below=0.5)
"""Scale and floor of the authors' code. It rejects nothing; one half as the threshold is ours."""


def read_any_weights(path: Path) -> Weights:
    """Reads a weights file of our format or the published one.

    Raises WeightsFileError when it is damaged or neither.
    """
    tensors, _ = read_safetensors(path)
    if not is_published(tensors):
        return read_weights(path)
    try:
        decoders = published_decoders(tensors)
    except (KeyError, RuntimeError) as error:
        raise WeightsFileError(f"{path}: not the published weights: {error}") from error
    return Weights(
        class_names=[str(index) for index in range(CLASSES)],
        decoders=decoders,
        assumptions=Assumptions(),
        calibration=CALIBRATION,
        prototypes=None,
        training={},
        data_sha256={},
    )


def is_published(tensors: Mapping[str, Tensor]) -> bool:
    """True for the tensors of such a file."""
    return _name(0, 0, "weight") in tensors


def published_decoders(tensors: Mapping[str, Tensor]) -> list[Decoder]:
    """The ten decoders. Raises KeyError for a missing tensor, RuntimeError for a wrong shape."""
    decoders = []
    for index in range(CLASSES):
        decoder = Decoder(NAMED_SHAPES["paper"], LATENTS, batch_norm=False)
        decoder.set_weights(
            [
                (tensors[_name(index, layer, "weight")], tensors[_name(index, layer, "bias")])
                for layer in range(len(decoder.weighted))
            ]
        )
        decoders.append(decoder)
    return decoders


def _name(index: int, layer: int, part: str) -> str:
    return f"class.{index}.decoder_folded.conv_{layer}.{part}"
