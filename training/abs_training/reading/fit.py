"""Fits the networks for seams and for pieces."""

import math
from contextlib import nullcontext
from typing import Callable

import torch
from torch import nn

from abs_training.foundation.randomness import generator_for
from abs_training.reading.lines import Line, batch_of
from abs_training.reading.piece_network import PieceNetwork
from abs_training.reading.pieces import Pieces
from abs_training.reading.seam_network import SeamNetwork
from abs_training.reading.stored_network import as_stored

BATCH = 32
PIECES_PER_BATCH = 128
LARGEST_STEP = 3e-3
PENS = 3
MOST_SHIFT = 2
"""Lines are shifted up and down by up to so many rows, since their middle is but estimated…"""
MOST_SHEAR = 0.15
MOST_STRETCH = 0.1
"""…and are slanted by up to so many columns a row, and stretched along and across by up to so much, so that hands differ more."""
AS_THEY_ARE = 0.5
"""This share of the batches is not."""
INK_WEIGHT = 2
REACH = 2
"""Pixels within `REACH` of ink weigh by so much more: on bare paper it matters little where a seam goes."""
EXACT = 0.7
"""From this share of the way on the weights are rounded as they are stored while the loss is taken."""
LARGEST_NORM = 1.0
"""Gradients are cut to this length, so that no batch undoes what others have taught."""


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
            set_step(optimizer, (epoch + step / batches) / epochs)
            chosen = [lines[index] for index in order[place * BATCH : (place + 1) * BATCH]]
            ink, seams, mask = batch_of(chosen)
            ink, seams = in_another_hand(ink, seams, generator)
            optimizer.zero_grad()
            with as_stored(network.layers) if epoch >= EXACT * epochs else nullcontext():
                loss = seam_loss(network, ink, seams, mask)
                loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), LARGEST_NORM)
            optimizer.step()
            total += loss.item() / batches
        report(epoch, total)
    return network


def in_another_hand(
    ink: torch.Tensor, seams: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Lines, each slanted, stretched and shifted by chance, with their seams; or all as they are."""
    if torch.rand((), generator=generator).item() < AS_THEY_ARE:
        return ink, seams
    count, _, rows, columns = ink.shape
    along, across, slant, shift = 2 * torch.rand(4, count, generator=generator) - 1
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = 1 + MOST_STRETCH * along
    theta[:, 0, 1] = MOST_SHEAR * slant * rows / columns
    theta[:, 1, 1] = 1 + MOST_STRETCH * across
    theta[:, 1, 2] = 2 * MOST_SHIFT * shift / rows
    both = torch.cat([ink, seams], 1)
    grid = nn.functional.affine_grid(theta, list(both.shape), align_corners=False)
    moved = nn.functional.grid_sample(both, grid, align_corners=False)
    return moved[:, :1], moved[:, 1:]


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
    """The mean over all pixels that the mask leaves, by their weights."""
    losses = nn.functional.binary_cross_entropy_with_logits(network(ink), seams, reduction="none")
    near = nn.functional.max_pool2d(ink, 2 * REACH + 1, 1, REACH)
    weights = mask * (1 + INK_WEIGHT * near)
    return (losses * weights).sum() / weights.sum()


def fit_pieces(
    pieces: Pieces, epochs: int, seed: int, report: Callable[[int, float], None]
) -> PieceNetwork:
    """Minimises the cross entropy of all pieces in the same way, on strokes of many widths."""
    network = PieceNetwork(generator_for(seed, "pieces", "weights"))
    optimizer = torch.optim.Adam(network.parameters(), lr=LARGEST_STEP)
    for epoch in range(epochs):
        generator = generator_for(seed, "pieces", epoch)
        batches = torch.randperm(len(pieces.kinds), generator=generator).split(PIECES_PER_BATCH)
        total = 0.0
        for step, chosen in enumerate(batches):
            set_step(optimizer, (epoch + step / len(batches)) / epochs)
            windows, kinds = pieces.chosen(chosen)
            loss = nn.functional.cross_entropy(network(in_another_pen(windows, generator)), kinds)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() / len(batches)
        report(epoch, total)
    return network


def in_another_pen(windows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Windows as they are, but one batch of `PENS` with strokes up to a pixel thinner or thicker, and shifted up or down."""
    if int(torch.randint(PENS, (), generator=generator)) > 0:
        return windows
    part = torch.rand((), generator=generator).item()
    sign = 1 if int(torch.randint(2, (), generator=generator)) else -1
    wider = sign * nn.functional.max_pool2d(sign * windows, 3, 1, 1)
    shift = int(torch.randint(-MOST_SHIFT, MOST_SHIFT + 1, (), generator=generator))
    return (windows + part * (wider - windows)).roll(shift, 2)


def mean_piece_loss(network: PieceNetwork, pieces: Pieces) -> float:
    """The cross entropy per piece."""
    total = 0.0
    with torch.no_grad():
        for places in torch.arange(len(pieces.kinds)).split(1000):
            windows, kinds = pieces.chosen(places)
            loss = nn.functional.cross_entropy(network(windows), kinds, reduction="sum")
            total += loss.item()
    return total / len(pieces.kinds)


def set_step(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Sets the step for a share of the way: half a wave of the cosine, from the largest step to nothing."""
    for group in optimizer.param_groups:
        group["lr"] = LARGEST_STEP * (1 + math.cos(math.pi * share)) / 2
