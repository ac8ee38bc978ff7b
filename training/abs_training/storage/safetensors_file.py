"""Reading and writing safetensors files of the element types that a weights file uses."""

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any, Mapping

import torch
from torch import Tensor

from abs_training.foundation.checkpoint import write_atomically

DTYPES = {"F32": torch.float32, "F16": torch.float16, "I8": torch.int8}
"""Element types by the name that safetensors gives them."""

NAMES = {dtype: name for name, dtype in DTYPES.items()}


class WeightsFileError(Exception):
    """A weights file that is damaged or breaks the format."""


def write_safetensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Writes tensors of the types in `DTYPES`, atomically. Equal content gives equal bytes."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    parts = []
    offset = 0
    for name, tensor in sorted(tensors.items()):
        content = tensor_bytes(tensor)
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(content)],
        }
        parts.append(content)
        offset += len(content)
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    encoded += b" " * (-len(encoded) % 8)
    write_atomically(path, struct.pack("<Q", len(encoded)) + encoded + b"".join(parts))


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Reads the tensors, each of its own type, and the metadata."""
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
    if sum(tensor.element_size() * tensor.numel() for tensor in tensors.values()) != len(data):
        raise WeightsFileError(f"{path}: the tensors do not fill the file exactly")
    return tensors, metadata


def tensor_bytes(tensor: Tensor) -> bytes:
    """The tensor's elements in order, little-endian."""
    values = tensor.detach().cpu().contiguous().numpy()
    return bytes(values.astype(values.dtype.newbyteorder("<")).tobytes())


def _read_tensor(path: Path, name: str, entry: Mapping[str, Any], data: bytes) -> Tensor:
    first, end = entry["data_offsets"]
    shape = entry["shape"]
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        raise WeightsFileError(
            f"{path}: tensor {name} is {entry['dtype']}, not one of {', '.join(DTYPES)}"
        )
    size = torch.zeros((), dtype=dtype).element_size()
    if not 0 <= first <= end <= len(data) or end - first != size * math.prod(shape):
        raise WeightsFileError(f"{path}: tensor {name} does not fit its place in the file")
    if end == first:
        return torch.zeros(shape, dtype=dtype)
    values = torch.frombuffer(bytearray(data[first:end]), dtype=dtype)
    if sys.byteorder == "big":
        values = torch.from_numpy(values.numpy().byteswap())
    return values.reshape(shape)
