"""The weights file: safetensors with the metadata of `docs/weights-format.md`."""

import json
import math
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import torch
from torch import Tensor

from abs_training.calibration import Calibration
from abs_training.checkpoint import write_atomically
from abs_training.confidence_model import CalibratedConfidence, calibrated_from_json
from abs_training.inference import Prior
from abs_training.layers import (
    WEIGHTED_FIELDS,
    Decoder,
    Layer,
    LayerError,
    check_layers,
)

FORMAT = "analysis-by-synthesis"
FORMAT_VERSION = "1"
METADATA_CRC = "metadata_crc32"


class WeightsFileError(Exception):
    """A weights file that is damaged or breaks the format."""


@dataclass(frozen=True)
class Weights:
    """Everything that a weights file holds."""

    class_names: list[str]
    decoders: list[Decoder]
    """One for each class, without batch normalisation."""
    prior: Prior
    calibration: Calibration
    """Of the paper's confidence."""
    prototypes: Optional[Tensor]
    """Latents `[classes, n, latents]` from which a search starts."""
    training: dict[str, Any]
    """How the file was made."""
    data_sha256: dict[str, str]
    calibrated: Optional[CalibratedConfidence] = None
    """The fitted confidence, which files may do without."""

    def confidence_as_json(self) -> dict[str, Any]:
        """As stored under `confidence` in the weights file."""
        values: dict[str, Any] = {"paper": self.calibration.as_json()}
        if self.calibrated is not None:
            values["calibrated"] = self.calibrated.as_json()
        return values


def write_safetensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Writes 32-bit float tensors, atomically. Equal content gives equal bytes."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    parts = []
    offset = 0
    for name, tensor in sorted(tensors.items()):
        content = _tensor_bytes(tensor)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(content)],
        }
        parts.append(content)
        offset += len(content)
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    encoded += b" " * (-len(encoded) % 8)
    write_atomically(path, struct.pack("<Q", len(encoded)) + encoded + b"".join(parts))


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Reads tensors of 32-bit floats, and the metadata."""
    try:
        content = path.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length].decode("utf-8"))
        metadata = header.pop("__metadata__", {})
        data = content[8 + length :]
        tensors = {
            name: _read_tensor(path, name, entry, data) for name, entry in sorted(header.items())
        }
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError) as error:
        raise WeightsFileError(f"{path}: not a readable safetensors file: {error}") from error
    if sum(4 * tensor.numel() for tensor in tensors.values()) != len(data):
        raise WeightsFileError(f"{path}: the tensors do not fill the file exactly")
    return tensors, metadata


def _read_tensor(path: Path, name: str, entry: Mapping[str, Any], data: bytes) -> Tensor:
    first, end = entry["data_offsets"]
    shape = entry["shape"]
    if entry["dtype"] != "F32":
        raise WeightsFileError(f"{path}: tensor {name} is {entry['dtype']}, not F32")
    if not 0 <= first <= end <= len(data) or end - first != 4 * math.prod(shape):
        raise WeightsFileError(f"{path}: tensor {name} does not fit its place in the file")
    if end == first:
        return torch.zeros(shape)
    values = torch.frombuffer(bytearray(data[first:end]), dtype=torch.float32)
    if sys.byteorder == "big":
        values = torch.from_numpy(values.numpy().byteswap())
    return values.reshape(shape)


def _tensor_bytes(tensor: Tensor) -> bytes:
    values = tensor.detach().cpu().to(torch.float32).contiguous().numpy()
    return bytes(values.astype("<f4").tobytes())


def checksum(content: bytes) -> str:
    """CRC-32 as 8 hexadecimal digits."""
    return f"{zlib.crc32(content):08x}"


def metadata_checksum(metadata: Mapping[str, str]) -> str:
    """CRC-32 over all metadata but itself, in ascending order of key."""
    content = b""
    for key in sorted(metadata, key=lambda name: name.encode("utf-8")):
        if key != METADATA_CRC:
            content += key.encode("utf-8") + b"\0" + metadata[key].encode("utf-8") + b"\0"
    return checksum(content)


def weighted_layers(layers: Sequence[Layer]) -> list[int]:
    """Indices of the layers that have weights."""
    return [index for index, layer in enumerate(layers) if layer["kind"] in WEIGHTED_FIELDS]


def write_weights(path: Path, weights: Weights) -> None:
    """Writes a weights file."""
    layers = weights.decoders[0].layers
    tensors: dict[str, Tensor] = {}
    of_classes = [decoder.weights() for decoder in weights.decoders]
    for position, index in enumerate(weighted_layers(layers)):
        for part, name in ((0, "weight"), (1, "bias")):
            tensors[f"layers.{index}.{name}"] = torch.stack(
                [of_class[position][part].cpu().contiguous() for of_class in of_classes]
            )
    if weights.prototypes is not None:
        tensors["prototypes"] = weights.prototypes
    prior = weights.prior
    metadata = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "latents": str(weights.decoders[0].latents),
        "classes": _json(weights.class_names),
        "layers": _json(layers),
        "inference": _json({"beta": prior.beta, "sphere_radius": prior.sphere_radius}),
        "confidence": _json(weights.confidence_as_json()),
        "training": _json(weights.training),
        "data_sha256": _json(weights.data_sha256),
        "tensor_crc32": _json(
            {name: checksum(_tensor_bytes(tensor)) for name, tensor in sorted(tensors.items())}
        ),
    }
    metadata[METADATA_CRC] = metadata_checksum(metadata)
    write_safetensors(path, tensors, metadata)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_weights(path: Path) -> Weights:
    """Reads a weights file and checks its checksums and shapes."""
    tensors, metadata = read_safetensors(path)
    try:
        return _interpret(tensors, metadata)
    except WeightsFileError as error:
        raise WeightsFileError(f"{path}: {error}") from error
    except (KeyError, ValueError, TypeError, AttributeError, LayerError) as error:
        raise WeightsFileError(f"{path}: breaks the format: {error!r}") from error


def _interpret(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Weights:
    if metadata.get("format") != FORMAT or metadata.get("format_version") != FORMAT_VERSION:
        raise WeightsFileError(f"not of format {FORMAT}, version {FORMAT_VERSION}")
    if metadata[METADATA_CRC] != metadata_checksum(metadata):
        raise WeightsFileError("the metadata's checksum is wrong")
    checksums = json.loads(metadata["tensor_crc32"])
    if set(checksums) != set(tensors):
        raise WeightsFileError("checksums and tensors have different names")
    for name, tensor in tensors.items():
        if checksum(_tensor_bytes(tensor)) != checksums[name]:
            raise WeightsFileError(f"the checksum of tensor {name} is wrong")
    class_names = [str(name) for name in json.loads(metadata["classes"])]
    latents = int(metadata["latents"])
    layers = check_layers(json.loads(metadata["layers"]), latents)
    decoders = []
    for index in range(len(class_names)):
        decoder = Decoder(layers, latents, batch_norm=False)
        of_class = []
        for (weight, bias), layer in zip(decoder.weights(), weighted_layers(layers)):
            found = (tensors[f"layers.{layer}.weight"], tensors[f"layers.{layer}.bias"])
            for tensor, expected in zip(found, (weight, bias)):
                if tuple(tensor.shape) != (len(class_names), *expected.shape):
                    raise WeightsFileError(f"layer {layer} has tensors of the wrong shape")
            of_class.append((found[0][index], found[1][index]))
        decoder.set_weights(of_class)
        decoders.append(decoder)
    inference, confidence = json.loads(metadata["inference"]), json.loads(metadata["confidence"])
    # Files from before there was a fitted confidence hold the paper's three numbers alone.
    paper = confidence.get("paper", confidence)
    calibrated = confidence.get("calibrated")
    return Weights(
        class_names=class_names,
        decoders=decoders,
        prior=Prior(float(inference["beta"]), float(inference["sphere_radius"])),
        calibration=Calibration(
            float(paper["scale"]),
            float(paper["floor"]),
            float(paper["reject_below"]),
        ),
        prototypes=tensors.get("prototypes"),
        training=json.loads(metadata["training"]),
        data_sha256=json.loads(metadata["data_sha256"]),
        calibrated=None if calibrated is None else calibrated_from_json(calibrated),
    )
