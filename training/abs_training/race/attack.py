"""An adversary who knows the race's networks: images whose class is dropped before a decoder sees it.

The cheap stages, proposals and a few steps on the surrogates, are one differentiable function of the
image. Projected gradient ascent (Madry et al. 2018, arXiv:1706.06083) makes the right class's
foretold loss large beside the smallest one of the others. The true decoders are left alone: where
they still choose the right class, the race has been deceived.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.inference import Prior
from abs_training.race.networks import RaceNetworks
from abs_training.randomness import generator_for

BATCH = 100
"""Images attacked side by side."""


@dataclass(frozen=True)
class Ball:
    """Where an attacked image may lie: around its original, and in 0..1."""

    radius: float
    norm: str
    """`L2`, the length of the change, or `Linf`, the largest change of a pixel; pixels are in 0..1."""

    def __str__(self) -> str:
        return f"{self.norm} {self.radius:g}"

    def project(self, images: Tensor, originals: Tensor) -> Tensor:
        """The nearest points of the ball, cut to 0..1, which brings them closer to the originals still."""
        change = images - originals
        if self.norm == "Linf":
            change = change.clamp(-self.radius, self.radius)
        else:
            change = change * (self.radius / _lengths(change)).clamp_max(1.0)
        return (originals + change).clamp(0, 1)

    def ascent(self, gradients: Tensor) -> Tensor:
        """The steepest change of size 1."""
        if self.norm == "Linf":
            return gradients.sign()
        return gradients / _lengths(gradients)

    def random_point(self, originals: Tensor, generator: torch.Generator) -> Tensor:
        """A random point of the ball for each original."""
        if self.norm == "Linf":
            change = self.radius * (torch.rand(originals.shape, generator=generator) * 2 - 1)
        else:
            change = torch.randn(originals.shape, generator=generator)
            share = torch.rand(len(originals), 1, generator=generator)
            change = change * (self.radius * share / _lengths(change))
        return self.project(originals + change, originals)


def _lengths(changes: Tensor) -> Tensor:
    return changes.norm(dim=1, keepdim=True).clamp_min(1e-12)


@dataclass(frozen=True)
class RaceAttack:
    """How the adversary searches."""

    ball: Ball
    steps: int = 40
    restarts: int = 2
    """Searches for each image: the first from the image itself, the others from random points."""
    updates: int = 3
    """Steps on the surrogates that the adversary looks through."""

    @property
    def step_size(self) -> float:
        """Enough to cross the ball more than once."""
        return 2.5 * self.ball.radius / self.steps


class CheapStages:
    """The race up to the true decoders as a differentiable function of the image."""

    def __init__(self, networks: RaceNetworks, prior: Prior, updates: int) -> None:
        self._networks = networks
        self._prior = prior
        self._updates = updates

    def losses(self, images: Tensor) -> Tensor:
        """The lowest foretold loss of each class, `[n, classes]`, for images `[n, 784]`.

        Each candidate takes Newton's steps with the tables' curvature, shortened where they lead up;
        the module measures the curvature as it goes along.
        """
        networks = self._networks
        found, outside = networks.basis.coefficients(images)
        proposed = networks.proposals(found).permute(1, 2, 0, 3)
        classes, candidates, count, latents = proposed.shape
        positions = self._inside(proposed.reshape(classes, candidates * count, latents))
        targets, rest = found.repeat(candidates, 1), outside.repeat(candidates)
        losses = networks.surrogates.losses(targets, rest, positions, self._prior.beta)
        share = torch.ones_like(losses)
        for _ in range(self._updates):
            (gradients,) = torch.autograd.grad(losses.sum(), positions, create_graph=True)
            move = share.detach().unsqueeze(2) * (gradients @ networks.metrics)
            trial = self._inside(positions - move)
            trial_losses = networks.surrogates.losses(targets, rest, trial, self._prior.beta)
            lower = trial_losses < losses
            positions = torch.where(lower.unsqueeze(2), trial, positions)
            losses = torch.where(lower, trial_losses, losses)
            share = torch.where(lower, torch.ones_like(share), share / 3)
        return losses.reshape(classes, candidates, count).amin(1).T

    def _inside(self, latents: Tensor) -> Tensor:
        norms = latents.norm(dim=2, keepdim=True).clamp_min(1e-12)
        return latents * (self._prior.sphere_radius / norms).clamp_max(1.0)


def lead_of_others(losses: Tensor, labels: Tensor) -> Tensor:
    """By how much the best other class is foretold to be better than the right one, `[n]`."""
    right = losses.gather(1, labels.unsqueeze(1)).squeeze(1)
    others = losses.scatter(1, labels.unsqueeze(1), torch.inf)
    return right - others.amin(1)


def leads(stages: CheapStages, images: Tensor, labels: Tensor) -> Tensor:
    """`lead_of_others` for images `[n, 784]`."""
    found = []
    for part, own in zip(images.split(BATCH), labels.split(BATCH)):
        variable = part.detach().requires_grad_(True)
        found.append(lead_of_others(stages.losses(variable), own).detach())
    return torch.cat(found)


def attack_race(
    stages: CheapStages, images: Tensor, labels: Tensor, attack: RaceAttack, seed: int
) -> Tensor:
    """Images `[n, 784]` in the attack's ball for which others lead most; equal for equal arguments."""
    parts = list(zip(images.split(BATCH), labels.split(BATCH)))
    return torch.cat(
        [
            _attack_batch(
                stages, part, own, attack, generator_for(seed, "race attack", attack.ball, index)
            )
            for index, (part, own) in enumerate(
                tqdm(parts, desc=str(attack.ball), unit="batch", mininterval=5)
            )
        ]
    )


def _attack_batch(
    stages: CheapStages,
    images: Tensor,
    labels: Tensor,
    attack: RaceAttack,
    generator: torch.Generator,
) -> Tensor:
    best = images
    best_lead = torch.full((len(images),), -torch.inf)
    for restart in range(attack.restarts):
        point = images if restart == 0 else attack.ball.random_point(images, generator)
        for step in range(attack.steps + 1):
            variable = point.detach().requires_grad_(True)
            lead = lead_of_others(stages.losses(variable), labels)
            better = lead.detach() > best_lead
            best = torch.where(better.unsqueeze(1), point, best)
            best_lead = torch.where(better, lead.detach(), best_lead)
            if step == attack.steps:
                break
            (gradients,) = torch.autograd.grad(lead.sum(), variable)
            # Long steps first, to leave where the search begins; short ones to end in a maximum.
            size = attack.step_size * 2 * (1 - step / attack.steps)
            moved = point + size * attack.ball.ascent(gradients)
            point = attack.ball.project(moved, images)
    return best


def rounded_towards(originals: Tensor, images: Tensor) -> Tensor:
    """Whole bytes, rounded towards originals that are such, so that no image leaves its ball."""
    # Without a margin a change of whole bytes would fall to the byte below by its rounding error.
    change = (255 * (images - originals)).double()
    return (originals + (change + 1e-3 * change.sign()).trunc().float() / 255).clamp(0, 1)
