"""A confidence in as many digits as its file keeps."""

from dataclasses import replace

import torch
from torch import Tensor

from abs_training.confidence.model import CalibratedConfidence

DIGITS = 6
"""Significant digits kept of a parameter."""


def short(value: float) -> float:
    """A number in so many digits."""
    return float(f"{value:.{DIGITS}g}")


def short_all(values: Tensor) -> Tensor:
    """Numbers of any shape, in 64-bit floats."""
    rounded_values = [short(value) for value in values.flatten().tolist()]
    return torch.tensor(rounded_values, dtype=torch.float64).reshape(values.shape)


def rounded(model: CalibratedConfidence) -> CalibratedConfidence:
    """What is stored in so many digits; the hidden layer's weights are whole multiples already."""
    return replace(
        model,
        scale=short(model.scale),
        widening=short(model.widening),
        centres=short_all(model.centres),
        spreads=short_all(model.spreads),
        hidden_biases=short_all(model.hidden_biases),
        output_weights=short_all(model.output_weights),
        output_bias=short(model.output_bias),
        penalties=short_all(model.penalties),
    )
