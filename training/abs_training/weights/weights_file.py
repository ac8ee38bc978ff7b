"""The weights file: safetensors with the metadata of `docs/weights-format.md`."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional

from torch import Tensor

from abs_training.confidence.binary_variant import BinaryVariant
from abs_training.confidence.calibration import Calibration
from abs_training.confidence.model import CalibratedConfidence, calibrated_from_json
from abs_training.decoders.layers import Decoder, LayerError, check_layers
from abs_training.race.tables import PREFIX, RaceTables, restore_tables, store_tables
from abs_training.search.assumptions import Assumptions, assumptions_from_json
from abs_training.storage.quantization import STORAGES, Storage, StorageError
from abs_training.storage.safetensors_file import (
    WeightsFileError,
    read_safetensors,
    tensor_bytes,
    write_safetensors,
)
from abs_training.storage.stored_decoders import (
    PROTOTYPES,
    check_scales,
    file_tensors,
    restore_decoders,
    restore_prototypes,
    store_decoders,
    store_prototypes,
)

FORMAT = "analysis-by-synthesis"
FORMAT_VERSION = "3"
READ_VERSIONS = ("1", "2", "3")
"""Versions 1 and 2 assume nothing besides the paper's loss; 1 has no other confidence than the paper's either."""
METADATA_CRC = "metadata_crc32"
BINARY_VARIANT = "binary-abs"


@dataclass(frozen=True)
class Weights:
    """Everything that a weights file holds."""

    class_names: list[str]
    decoders: list[Decoder]
    """One for each class, without batch normalisation."""
    assumptions: Assumptions
    calibration: Calibration
    """Of the paper's confidence."""
    prototypes: Optional[Tensor]
    """Latents `[classes, n, latents]` from which a search starts."""
    training: dict[str, Any]
    """How the file was made."""
    data_sha256: dict[str, str]
    binary_variant: Optional[BinaryVariant] = None
    calibrated: Optional[CalibratedConfidence] = None
    """The fitted confidence, which files may do without."""
    race: Optional[RaceTables] = None
    """From which the default inference starts; without them it is slower."""
    storage: Storage = STORAGES["float32"]
    """How `write_weights` stores the tensors; `read_weights` gives the values they stand for and what
    the file says of its storage."""

    def confidence_as_json(self) -> dict[str, Any]:
        """As stored under `confidence` in the weights file."""
        values: dict[str, Any] = {"paper": self.calibration.as_json()}
        if self.calibrated is not None:
            values["calibrated"] = self.calibrated.as_json()
        return values


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


def write_weights(path: Path, weights: Weights) -> None:
    """Writes a weights file."""
    try:
        stored = store_decoders(weights.decoders, weights.storage)
        if weights.prototypes is not None:
            stored[PROTOTYPES] = store_prototypes(weights.prototypes, weights.storage.prototypes)
        if weights.race is not None:
            stored.update(store_tables(weights.race))
    except StorageError as error:
        raise WeightsFileError(f"{path}: the weights cannot be stored: {error}") from error
    tensors = file_tensors(stored)
    metadata = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "latents": str(weights.decoders[0].latents),
        "classes": _json(weights.class_names),
        "layers": _json(weights.decoders[0].layers),
        "inference": _json(weights.assumptions.as_json()),
        "confidence": _json(weights.confidence_as_json()),
        "training": _json(weights.training),
        "data_sha256": _json(weights.data_sha256),
        "tensor_crc32": _json(
            {name: checksum(tensor_bytes(tensor)) for name, tensor in sorted(tensors.items())}
        ),
    }
    if weights.binary_variant is not None:
        metadata["variants"] = _json({BINARY_VARIANT: weights.binary_variant.as_json()})
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
    if metadata.get("format") != FORMAT or metadata.get("format_version") not in READ_VERSIONS:
        raise WeightsFileError(f"not of format {FORMAT}, version {' or '.join(READ_VERSIONS)}")
    if metadata[METADATA_CRC] != metadata_checksum(metadata):
        raise WeightsFileError("the metadata's checksum is wrong")
    checksums = json.loads(metadata["tensor_crc32"])
    if set(checksums) != set(tensors):
        raise WeightsFileError("checksums and tensors have different names")
    for name, tensor in tensors.items():
        if checksum(tensor_bytes(tensor)) != checksums[name]:
            raise WeightsFileError(f"the checksum of tensor {name} is wrong")
    check_scales(tensors)
    class_names = [str(name) for name in json.loads(metadata["classes"])]
    latents = int(metadata["latents"])
    layers = check_layers(json.loads(metadata["layers"]), latents)
    has_prototypes = PROTOTYPES in tensors
    inference, confidence = json.loads(metadata["inference"]), json.loads(metadata["confidence"])
    if metadata["format_version"] == "1":
        confidence = {"paper": confidence}
    calibrated = confidence.get("calibrated")
    training = json.loads(metadata["training"])
    return Weights(
        class_names=class_names,
        decoders=restore_decoders(tensors, layers, latents, len(class_names)),
        assumptions=_assumptions(inference, metadata["format_version"]),
        calibration=_calibration(confidence["paper"]),
        prototypes=restore_prototypes(tensors, latents, len(class_names))
        if has_prototypes
        else None,
        training=training,
        data_sha256=json.loads(metadata["data_sha256"]),
        binary_variant=_binary_variant(metadata, len(class_names)),
        calibrated=None
        if calibrated is None
        else calibrated_from_json(calibrated, len(class_names)),
        storage=STORAGES.get(str(training.get("storage")), STORAGES["float32"]),
        race=restore_tables(tensors) if any(name.startswith(PREFIX) for name in tensors) else None,
    )


def _assumptions(inference: Mapping[str, Any], version: str) -> Assumptions:
    if version != FORMAT_VERSION:
        inference = {name: inference[name] for name in ("beta", "sphere_radius")}
    return assumptions_from_json(inference)


def _calibration(confidence: Mapping[str, Any]) -> Calibration:
    return Calibration(
        float(confidence["scale"]),
        float(confidence["floor"]),
        float(confidence["reject_below"]),
    )


def _binary_variant(metadata: Mapping[str, str], classes: int) -> Optional[BinaryVariant]:
    variant = json.loads(metadata.get("variants", "{}")).get(BINARY_VARIANT)
    if variant is None:
        return None
    scales = [float(scale) for scale in variant["class_scales"]]
    if len(scales) != classes or not all(0 < scale < float("inf") for scale in scales):
        raise WeightsFileError(f"{BINARY_VARIANT} needs a positive class scale for each class")
    return BinaryVariant(float(variant["threshold"]), scales, _calibration(variant["confidence"]))
