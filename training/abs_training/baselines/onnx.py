"""Writes a network as ONNX, with golden numbers to check a reader by."""

import json
from pathlib import Path
from typing import Any

import torch

from abs_training.baselines.cnn import Cnn
from abs_training.foundation.checkpoint import write_atomically
from abs_training.foundation.onnx_export import module_as_onnx
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import PIXELS, SIDE, to_unit_range

GOLDEN_IMAGES = 3


def onnx_bytes(cnn: Cnn) -> bytes:
    """The network as an ONNX file.

    Its input `image` is `[n, 1, 28, 28]` in 0..1 and its output `logits` is `[n, classes]`, for
    any n. Raises `OnnxExportError` as `module_as_onnx` does.
    """
    axes = {"image": {0: "n"}, "logits": {0: "n"}}
    image = torch.zeros(1, 1, SIDE, SIDE)
    return module_as_onnx(cnn, (image,), ["image"], ["logits"], axes)


def golden_numbers(cnn: Cnn, seed: int) -> dict[str, Any]:
    """A few images of random bytes, with the logits that PyTorch computes for bytes/255."""
    generator = generator_for(seed, "golden images")
    images = torch.randint(0, 256, (GOLDEN_IMAGES, PIXELS), generator=generator)
    with torch.no_grad():
        logits = cnn.eval()(to_unit_range(images.to(torch.uint8)))
    return {"images": images.tolist(), "logits": logits.tolist()}


def write_onnx(path: Path, cnn: Cnn, seed: int) -> None:
    """Writes the network, and golden numbers next to it as `NAME.golden.json`."""
    write_atomically(path, onnx_bytes(cnn))
    golden = json.dumps(golden_numbers(cnn, seed), separators=(",", ":"))
    write_atomically(path.with_suffix(".golden.json"), (golden + "\n").encode("utf-8"))
