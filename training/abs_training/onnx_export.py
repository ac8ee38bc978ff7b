"""Writes a network as ONNX, with golden numbers to check a reader by."""

import inspect
import io
import json
from pathlib import Path
from typing import Any, Optional, Sequence

import torch
from torch import Tensor, nn

from abs_training.checkpoint import write_atomically
from abs_training.cnn import Cnn
from abs_training.data import PIXELS, SIDE, to_unit_range
from abs_training.randomness import generator_for

OPSET = 13

GOLDEN_IMAGES = 3


class OnnxExportError(Exception):
    """PyTorch cannot write ONNX here."""


def onnx_bytes(cnn: Cnn) -> bytes:
    """The network as an ONNX file.

    Its input `image` is `[n, 1, 28, 28]` in 0..1 and its output `logits` is `[n, classes]`, for
    any n. Raises `OnnxExportError` where PyTorch lacks a package for that: from version 2 on it
    needs `onnx`.
    """
    axes = {"image": {0: "n"}, "logits": {0: "n"}}
    image = torch.zeros(1, 1, SIDE, SIDE)
    return module_as_onnx(cnn, (image,), ["image"], ["logits"], axes)


def module_as_onnx(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    input_names: Sequence[str],
    output_names: Sequence[str],
    dynamic_axes: Optional[dict[str, dict[int, str]]] = None,
) -> bytes:
    """A module as an ONNX file, of the shapes of `inputs` but for the axes named.

    Raises `OnnxExportError` as `onnx_bytes` does.
    """
    options: dict[str, Any] = {}
    # PyTorch 2.9 turned to an exporter that needs further packages; earlier ones lack the choice.
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    output = io.BytesIO()
    try:
        torch.onnx.export(
            module.eval(),
            inputs,
            output,
            opset_version=OPSET,
            input_names=list(input_names),
            output_names=list(output_names),
            dynamic_axes=dynamic_axes,
            **options,
        )
    except (ImportError, RuntimeError) as error:
        raise OnnxExportError(f"PyTorch {torch.__version__} cannot write ONNX: {error}") from error
    return output.getvalue()


def golden_numbers(cnn: Cnn, seed: int) -> dict[str, Any]:
    """A few images of random bytes, with the logits that PyTorch computes for bytes/255."""
    generator = generator_for(seed, "golden images")
    images = torch.randint(0, 256, (GOLDEN_IMAGES, PIXELS), generator=generator)
    with torch.no_grad():
        logits = cnn.eval()(to_unit_range(images.to(torch.uint8)))
    return {"images": images.tolist(), "logits": logits.tolist()}


def write_onnx(path: Path, cnn: Cnn, seed: int) -> None:
    """Writes the network, and golden numbers beside it as `NAME.golden.json`."""
    write_atomically(path, onnx_bytes(cnn))
    golden = json.dumps(golden_numbers(cnn, seed), separators=(",", ":"))
    write_atomically(path.with_suffix(".golden.json"), (golden + "\n").encode("utf-8"))
