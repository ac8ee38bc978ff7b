"""Where the race starts the true decoders: the reference of the module's first two steps."""

import torch
from torch import Tensor

from abs_training.race.networks import networks_of
from abs_training.race.tables import RaceTables
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import (
    FIRST_MOMENT_DECAY,
    SECOND_MOMENT_DECAY,
    SMALLEST_DENOMINATOR,
)

CHUNK = 500
"""Images searched side by side."""

UPDATES = 20
STEP_SIZE = 0.05
"""Of Adam on the surrogates. The module descends by BFGS, to the same minima."""


class RaceStarts:
    """Proposes latents of every class for images and improves them on the surrogates."""

    def __init__(
        self, tables: RaceTables, classes: int, latents: int, assumptions: Assumptions
    ) -> None:
        networks = networks_of(tables, classes, latents)
        self._assumptions = assumptions
        self._basis = networks.basis
        self._proposals = networks.proposals
        self._surrogates = networks.surrogates

    def best(self, images: Tensor) -> Tensor:
        """The most promising latent of each class, `[classes, n, latents]`, for images `[n, 784]`."""
        return torch.cat([self._best(part) for part in images.split(CHUNK)], 1)

    def _best(self, images: Tensor) -> Tensor:
        found, outside = self._basis.coefficients(images)
        proposed = self._proposals(found).permute(1, 2, 0, 3)
        classes, candidates, count, latents = proposed.shape
        targets, rest = found.repeat(candidates, 1), outside.repeat(candidates)
        positions = self._inside(proposed.reshape(classes, candidates * count, latents))
        first = torch.zeros_like(positions)
        second = torch.zeros_like(positions)
        for update in range(1, UPDATES + 1):
            variable = positions.detach().requires_grad_(True)
            losses = self._surrogates.losses(targets, rest, variable, self._assumptions)
            (gradients,) = torch.autograd.grad(losses.sum(), variable)
            first = first.lerp(gradients, 1 - FIRST_MOMENT_DECAY)
            second = second.lerp(gradients.square(), 1 - SECOND_MOMENT_DECAY)
            spread = (second / (1 - SECOND_MOMENT_DECAY**update)).sqrt() + SMALLEST_DENOMINATOR
            move = STEP_SIZE * first / (1 - FIRST_MOMENT_DECAY**update) / spread
            positions = self._inside(positions - move)
        losses = self._surrogates.losses(targets, rest, positions, self._assumptions)
        best = losses.reshape(classes, candidates, count).argmin(1)
        positions = positions.reshape(classes, candidates, count, latents)
        index = best.reshape(classes, 1, count, 1).expand(classes, 1, count, latents)
        return positions.gather(1, index).squeeze(1)

    def _inside(self, latents: Tensor) -> Tensor:
        """Latents moved straight back onto the sphere where they lie outside."""
        norms = latents.norm(dim=2, keepdim=True).clamp_min(1e-12)
        return latents * (self._assumptions.sphere_radius / norms).clamp_max(1.0)
