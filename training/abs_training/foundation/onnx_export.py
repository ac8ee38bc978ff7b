"""Writes a module of PyTorch as ONNX."""

import inspect
import io
from typing import Any, Optional, Sequence

import torch
from torch import Tensor, nn

OPSET = 13


class OnnxExportError(Exception):
    """PyTorch cannot write ONNX here."""


def module_as_onnx(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    input_names: Sequence[str],
    output_names: Sequence[str],
    dynamic_axes: Optional[dict[str, dict[int, str]]] = None,
) -> bytes:
    """A module as an ONNX file, of the shapes of `inputs` except for the axes named.

    Raises `OnnxExportError` where PyTorch lacks a package for that: from version 2 on it needs `onnx`.
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
