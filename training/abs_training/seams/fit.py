"""Fits the network for seams."""

import math
from typing import Callable

import torch
from torch import nn

from abs_training.foundation.randomness import generator_for
from abs_training.seams.lines import Line, batch_of
from abs_training.seams.network import SeamNetwork

BATCH = 32
LARGEST_STEP = 3e-3
MOST_SHIFT = 2
"""Lines are shifted up and down by up to so many rows, since their middle is but estimated."""


def fit_seams(
    lines: list[Line], epochs: int, seed: int, report: Callable[[int, float], None]
) -> SeamNetwork:
    """Minimises the cross entropy of all pixels by Adam (Kingma and Ba 2015), with a step that falls to nothing."""
    network = SeamNetwork(generator_for(seed, "seams", "weights"))
    optimizer = torch.optim.Adam(network.parameters(), lr=LARGEST_STEP)
    batches = math.ceil(len(lines) / BATCH)
    for epoch in range(epochs):
        generator = generator_for(seed, "seams", epoch)
        # Lines of like lengths share a batch, and little of it is filling.
        order = sorted(
            torch.randperm(len(lines), generator=generator).tolist(),
            key=lambda index: lines[index].ink.shape[1] // 16,
        )
        total = 0.0
        for step, place in enumerate(torch.randperm(batches, generator=generator).tolist()):
            share = (epoch + step / batches) / epochs
            for group in optimizer.param_groups:
                group["lr"] = LARGEST_STEP * (1 + math.cos(math.pi * share)) / 2
            chosen = [lines[index] for index in order[place * BATCH : (place + 1) * BATCH]]
            ink, seams, mask = batch_of(chosen)
            shift = int(torch.randint(-MOST_SHIFT, MOST_SHIFT + 1, (), generator=generator))
            loss = seam_loss(network, ink.roll(shift, 2), seams.roll(shift, 2), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() / batches
        report(epoch, total)
    return network


def mean_loss(network: SeamNetwork, lines: list[Line]) -> float:
    """The cross entropy per pixel."""
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(lines), BATCH):
            chosen = lines[start : start + BATCH]
            total += len(chosen) * seam_loss(network, *batch_of(chosen)).item()
    return total / len(lines)


def seam_loss(
    network: SeamNetwork, ink: torch.Tensor, seams: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """The mean over all pixels that the mask leaves."""
    losses = nn.functional.binary_cross_entropy_with_logits(network(ink), seams, reduction="none")
    return (losses * mask).sum() / mask.sum()
