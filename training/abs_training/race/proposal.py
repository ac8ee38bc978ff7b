"""The proposing network: from an image's coefficients to a few latents of every class."""

from typing import Optional

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.race.steps import take_steps
from abs_training.race.surrogate import Surrogates
from abs_training.search.assumptions import Assumptions


class Proposals(nn.Module):
    """Coefficients → hidden → classes × candidates × latents."""

    def __init__(
        self, coefficients: int, hidden: int, classes: int, candidates: int, latents: int
    ) -> None:
        super().__init__()
        self.shape = (classes, candidates, latents)
        self.first = nn.Linear(coefficients, hidden)
        self.second = nn.Linear(hidden, classes * candidates * latents)

    def forward(self, coefficients: Tensor) -> Tensor:
        """Latents `[n, classes, candidates, latents]` for coefficients `[n, coefficients]`."""
        values = self.second(functional.silu(self.first(coefficients)))
        return values.reshape(len(coefficients), *self.shape)


def fit_proposals(
    surrogates: Surrogates,
    coefficients: Tensor,
    outside: Tensor,
    candidates: int,
    hidden: int,
    assumptions: Assumptions,
    steps: int,
    seed: int,
    checkpoint: Optional[Checkpoint] = None,
    batch: int = 128,
    rate: float = 2e-3,
) -> Proposals:
    """Fits the network through the frozen surrogates: the best candidate of a class must fit well.

    `coefficients` `[n, coefficients]` and `outside` `[n]` are of training images and corrupted copies.
    """
    classes, latents = surrogates.weights[0].shape[0], surrogates.weights[0].shape[1]
    torch.manual_seed(generator_for(seed, "proposal weights").initial_seed())
    model = Proposals(coefficients.shape[1], hidden, classes, candidates, latents)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    generator = generator_for(seed, "proposal batches")

    def objective() -> Tensor:
        chosen = torch.randint(0, len(coefficients), (batch,), generator=generator)
        own = coefficients[chosen]
        proposed = model(own).permute(1, 2, 0, 3)
        losses = surrogates.losses(
            own.repeat(candidates, 1),
            outside[chosen].repeat(candidates),
            proposed.reshape(classes, candidates * batch, latents),
            assumptions,
        ).reshape(classes, candidates, batch)
        # All candidates learn a little, so that none is left alone; the best learns most.
        return losses.amin(1).mean() + 0.02 * losses.mean()

    take_steps("proposals", model, optimizer, rate, steps, generator, objective, checkpoint)
    return model.requires_grad_(False)
