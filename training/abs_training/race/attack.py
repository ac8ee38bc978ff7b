"""An adversary who knows the race's networks: images whose class is dropped before a decoder sees it.

The cheap stages, proposals and a few steps on the surrogates, are one differentiable function of the
image. Projected gradient ascent (Madry et al. 2018, arXiv:1706.06083) makes the right class's
foretold loss large compared with the smallest one of the others. The surrogates are so close to the decoders
that this mostly moves an image to where the decoders, too, choose another class. An adversary who
also follows the right class's true loss can ask for more: that the right class be dropped where it
truly still fits best.
"""

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.race.networks import RaceNetworks
from abs_training.race.starts import RaceStarts
from abs_training.search.bfgs import descend
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import losses_at

DROPPED_BEHIND = 0.01
"""Lead of another class with which the right one counts as dropped: the widest of the standard
race's later margins."""

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
    steps: int = 60
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

    def __init__(self, networks: RaceNetworks, assumptions: Assumptions, updates: int) -> None:
        self._networks = networks
        self._assumptions = assumptions
        self._updates = updates

    def losses(self, images: Tensor) -> Tensor:
        """The lowest foretold loss of each class, `[n, classes]`, for images `[n, 784]`.

        Each candidate takes Newton's steps with the tables' curvature, shortened where they lead up;
        the module measures the curvature as it goes along.
        """
        networks = self._networks
        found, outside = networks.basis.coefficients(self._assumptions.seen(images))
        proposed = networks.proposals(found).permute(1, 2, 0, 3)
        classes, candidates, count, latents = proposed.shape
        positions = self._inside(proposed.reshape(classes, candidates * count, latents))
        targets, rest = found.repeat(candidates, 1), outside.repeat(candidates)

        def evaluate(latents: Tensor) -> tuple[Tensor, Tensor]:
            foretold = networks.surrogates.losses(targets, rest, latents, self._assumptions)
            (slopes,) = torch.autograd.grad(foretold.sum(), latents, create_graph=True)
            return foretold, slopes

        losses, gradients = evaluate(positions)
        share = torch.ones_like(losses)
        for _ in range(self._updates):
            move = share.unsqueeze(2) * (gradients @ networks.metrics)
            trial = self._inside(positions - move)
            trial_losses, trial_gradients = evaluate(trial)
            lower = trial_losses < losses
            chosen = lower.unsqueeze(2)
            positions = torch.where(chosen, trial, positions)
            gradients = torch.where(chosen, trial_gradients, gradients)
            losses = torch.where(lower, trial_losses, losses)
            share = torch.where(lower, torch.ones_like(share), share / 3)
        return losses.reshape(classes, candidates, count).amin(1).T

    def _inside(self, latents: Tensor) -> Tensor:
        norms = latents.norm(dim=2, keepdim=True).clamp_min(1e-12)
        return latents * (self._assumptions.sphere_radius / norms).clamp_max(1.0)


class RightClass:
    """The true loss of the right class of some images, followed while they move."""

    EVALUATIONS_AT_FIRST = 24
    EVALUATIONS_AFTER_A_MOVE = 3

    def __init__(
        self,
        decoders: Sequence[Decoder],
        assumptions: Assumptions,
        images: Tensor,
        labels: Tensor,
        starts: Tensor,
    ) -> None:
        """`starts` are latents `[n, latents]` of the right class for images `[n, 784]`."""
        self._decoders = decoders
        self._assumptions = assumptions
        self._labels = labels
        self._latents = starts
        self._descend(assumptions.seen(images), self.EVALUATIONS_AT_FIRST)
        self._first = self._latents

    def begin_again(self) -> None:
        """Back to the latents of the images that it began with."""
        self._latents = self._first

    def losses(self, images: Tensor) -> Tensor:
        """The loss `[n]` after a short descent; differentiable with respect to the images, latents fixed."""
        images = self._assumptions.seen(images)
        self._descend(images.detach(), self.EVALUATIONS_AFTER_A_MOVE)
        found = torch.empty(len(images))
        for index, rows in self._rows():
            of_class = losses_at(
                self._decoders[index], images[rows], self._latents[rows], self._assumptions
            )
            found = found.index_put((rows,), of_class)
        return found

    def _descend(self, images: Tensor, evaluations: int) -> None:
        latents = self._latents.clone()
        for index, rows in self._rows():
            _, latents[rows] = descend(
                self._decoders[index], images[rows], latents[rows], self._assumptions, evaluations
            )
        self._latents = latents

    def _rows(self) -> list[tuple[int, Tensor]]:
        return [
            (int(index), (self._labels == index).nonzero().flatten())
            for index in self._labels.unique()
        ]


@dataclass(frozen=True)
class Foretold:
    """What the cheap stages foretell, of the right class and of the best other one, `[n]` each."""

    right: Tensor
    others: Tensor

    @property
    def lead(self) -> Tensor:
        """By how much the best other class is foretold to be better."""
        return self.right - self.others

    def deceit(self, truth: Tensor) -> Tensor:
        """Above 0 where the right class is dropped although it truly fits better than the others.

        `truth` is its true loss, `[n]`; the others are taken at what is foretold of them.
        """
        return torch.minimum(self.lead - DROPPED_BEHIND, self.others - truth)


def foretold(losses: Tensor, labels: Tensor) -> Foretold:
    """Of losses `[n, classes]` the right class's and the lowest other one."""
    right = losses.gather(1, labels.unsqueeze(1)).squeeze(1)
    return Foretold(right, losses.scatter(1, labels.unsqueeze(1), torch.inf).amin(1))


def leads(stages: CheapStages, images: Tensor, labels: Tensor) -> Tensor:
    """The lead of the best other class, `[n]`, for images `[n, 784]`."""
    found = []
    for part, own in zip(images.split(BATCH), labels.split(BATCH)):
        variable = part.detach().requires_grad_(True)
        found.append(foretold(stages.losses(variable), own).lead.detach())
    return torch.cat(found)


@dataclass(frozen=True)
class Truth:
    """What an adversary needs to follow the right class's true loss."""

    decoders: Sequence[Decoder]
    assumptions: Assumptions
    starts: RaceStarts

    def follow(self, images: Tensor, labels: Tensor) -> RightClass:
        """Begins at images `[n, 784]`."""
        starts = self.starts.best(self.assumptions.seen(images))[labels, torch.arange(len(images))]
        return RightClass(self.decoders, self.assumptions, images, labels, starts)


def attack_race(
    stages: CheapStages,
    images: Tensor,
    labels: Tensor,
    attack: RaceAttack,
    seed: int,
    truth: Optional[Truth] = None,
) -> Tensor:
    """Images `[n, 784]` in the attack's ball for which the objective is largest.

    The objective is the lead of the others or, with `truth`, the deceit. Equal for equal arguments.
    """
    parts = list(zip(images.split(BATCH), labels.split(BATCH)))
    return torch.cat(
        [
            _attack_batch(
                stages,
                part,
                own,
                attack,
                generator_for(seed, "race attack", attack.ball, index),
                truth,
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
    truth: Optional[Truth],
) -> Tensor:
    right_class = None if truth is None else truth.follow(images, labels)
    best = images
    highest = torch.full((len(images),), -torch.inf)
    for restart in range(attack.restarts):
        if right_class is not None:
            right_class.begin_again()
        point = images if restart == 0 else attack.ball.random_point(images, generator)
        for step in range(attack.steps + 1):
            variable = point.detach().requires_grad_(True)
            found = foretold(stages.losses(variable), labels)
            if right_class is None:
                objective = found.lead
            else:
                objective = found.deceit(right_class.losses(variable))
            better = objective.detach() > highest
            best = torch.where(better.unsqueeze(1), point, best)
            highest = torch.where(better, objective.detach(), highest)
            if step == attack.steps:
                break
            (gradients,) = torch.autograd.grad(objective.sum(), variable)
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
