"""Which images an epoch of the discriminative stage visits, how often and in which order."""

import torch
from torch import Tensor

EASY_MARGIN = 12.0
"""An image whose best rival's loss exceeds its own class's by this over 784 is easy."""

EASY_SHARE = 0.25
"""Share of the easy images that an epoch visits: their cross-entropy has next to no gradient."""

HARD_MARGIN = 1.0
"""An image whose best rival's loss exceeds its own class's by less than this over 784, or not at all, is hard."""


def order_of_visits(margins: Tensor, hard_visits: int, generator: torch.Generator) -> Tensor:
    """Positions of images of such margins `[n]`, which are 784 · (the best rival's loss − the own class's).

    Hard images come `hard_visits` times, once in each of so many rounds; of the easy ones some are left out.
    """
    count, device = len(margins), margins.device
    drawn = torch.rand(count, generator=generator).to(device)
    order = torch.randperm(count, generator=generator).to(device)
    visited = (drawn < EASY_SHARE) | (margins <= EASY_MARGIN)
    is_hard = margins < HARD_MARGIN
    hard, others = order[is_hard[order]], order[(visited & ~is_hard)[order]]
    rounds = []
    for part in others.tensor_split(hard_visits):
        whole = torch.cat([part, hard])
        rounds.append(whole[torch.randperm(len(whole), generator=generator).to(device)])
    return torch.cat(rounds)
