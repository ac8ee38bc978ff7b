"""Figures that say what a confidence is worth; `bench/measure/separation.ts` has the same for the module."""

from dataclasses import dataclass
import torch
from torch import Tensor

BINS = 15


@dataclass(frozen=True)
class Separation:
    """How well a score tells images of the data from one kind of junk."""

    auroc: float
    """Chance that an image of the data scores higher than one of junk, ties counted half."""
    false_positives: float
    """Share of junk above the score that 95 % of the data reach."""


def separation(data: Tensor, junk: Tensor) -> Separation:
    """Compares the scores of data `[n]` and of junk `[m]`; larger means more like the data."""
    both = torch.cat([data, junk]).double()
    _, place, counts = torch.unique(both, return_inverse=True, return_counts=True)
    # Ranks from 1; equal scores share the mean of theirs.
    ranks = (counts.cumsum(0).double() - (counts.double() - 1) / 2)[place]
    wins = ranks[: len(data)].sum() - len(data) * (len(data) + 1) / 2
    threshold = data.double().sort().values[int(0.05 * len(data))]
    return Separation(
        auroc=float(wins / (len(data) * len(junk))),
        false_positives=float((junk.double() >= threshold).double().mean()),
    )


def calibration_error(confidences: Tensor, correct: Tensor, equal_mass: bool = True) -> float:
    """Expected calibration error over 15 bins of equal mass or width, 0..1.

    `confidences` are in 0..1, `correct` says whether each label is right, both `[n]`.
    """
    confidences, right = confidences.double(), correct.double()
    if equal_mass:
        order = confidences.argsort(stable=True)
        bins = list(order.tensor_split(BINS))
    else:
        bin_of = (confidences * BINS).long().clamp(0, BINS - 1)
        bins = [(bin_of == index).nonzero().flatten() for index in range(BINS)]
    gaps = [
        abs(float(confidences[of_bin].sum() - right[of_bin].sum()))
        for of_bin in bins
        if len(of_bin)
    ]
    return sum(gaps) / len(confidences)
