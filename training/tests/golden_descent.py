"""Descents by which the module's BFGS is compared with this folder's.

`python3 -m tests.golden_descent` writes them to `test/golden/descent.json`: a small decoder, an image,
and from several starts the latent and the loss after each evaluation, in double precision.
`npm run format` in the folder above lays them out.
"""

import copy
import json
from pathlib import Path
from typing import Any, Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder, Layer
from abs_training.foundation.randomness import generator_for
from abs_training.search.bfgs import EVALUATIONS, Descent, Trial
from abs_training.search.assumptions import Assumptions

GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden" / "descent.json"
LATENTS = 3
LAYERS: list[Layer] = [
    {"kind": "dense", "channels": 2, "height": 7, "width": 7},
    {"kind": "elu"},
    {"kind": "pixel_shuffle_convolution", "channels": 2, "kernel": 3, "upscale": 2},
    {"kind": "elu"},
    {"kind": "pixel_shuffle_convolution", "channels": 1, "kernel": 3, "upscale": 2},
    {"kind": "sigmoid"},
]
SPREADS = (1.5, 0.6, 1.0)
"""Standard deviations of the weights: wild enough that steps overshoot and curvatures are negative."""

CANDIDATES = 20_000
"""Starts among which descents are looked for that do all that a descent can do."""

LARGEST_ERROR = 1e-5
"""By how much single precision may change any latent of a descent that is chosen."""

SUFFICIENT_BAND, INSUFFICIENT_BAND = (2e-4, 8e-4), (1.2e-5, 5e-5)
"""Shares of the promised decrease: the least that is accepted lies between these bands, and would not
if it were ten times larger or smaller."""

RADIUS = 5.0


def rounded(values: Tensor) -> Tensor:
    """To hundredths, which JSON holds exactly for any reader."""
    return torch.round(values * 100) / 100


def decoder() -> Decoder:
    """The decoder, in double precision."""
    made = Decoder(LAYERS, LATENTS, batch_norm=False).double()
    generator = generator_for(0, "golden decoder")
    made.set_weights(
        [
            (
                rounded(spread * torch.randn(weight.shape, generator=generator).double()),
                rounded(0.3 * torch.randn(bias.shape, generator=generator).double()),
            )
            for (weight, bias), spread in zip(made.weights(), SPREADS)
        ]
    )
    return made


def image(of: Decoder) -> Tensor:
    """What the decoder draws for a latent, in hundredths, `[784]`."""
    with torch.no_grad():
        return rounded(of(torch.tensor([[0.5, -0.8, 0.3]], dtype=torch.float64)).flatten())


def descents(
    of: Decoder, shown: Tensor, starts: Tensor, assumptions: Assumptions
) -> tuple[list[Tensor], list[Tensor], list[Trial]]:
    """Latents `[n, latents]` and losses `[n]` after each evaluation, and the trials from the second on."""
    descent = Descent(of, shown.expand(len(starts), -1), starts, assumptions)
    latents, losses, trials = [descent.latents], [descent.losses], []
    for _ in range(1, EVALUATIONS):
        trials.append(descent.advance())
        latents.append(descent.latents)
        losses.append(descent.losses)
    return latents, losses, trials


def events(before: Tensor, trial: Trial, following: Tensor, is_first: bool) -> dict[str, Tensor]:
    """What a trial shows, by name: truth values `[n]`.

    `before` are the losses before it, `following` the lengths of the steps after it.
    """
    delivered = (trial.losses - before) / (trial.steps * trial.slopes)
    left = torch.where(trial.accepted, torch.ones_like(following), following / trial.steps)
    unusable = trial.accepted & ~trial.usable
    return {
        "a step is accepted": trial.accepted & torch.tensor(not is_first),
        "a step is cut to a tenth": (left - 0.1).abs() < 1e-9,
        "a step is halved": (left - 0.5).abs() < 1e-9,
        "the parabola shortens a step": _within(left, (0.11, 0.49)),
        "a decrease just suffices": trial.accepted & _within(delivered, SUFFICIENT_BAND),
        "a decrease just does not suffice": ~trial.accepted & _within(delivered, INSUFFICIENT_BAND),
        "the first curvature is unusable": unusable & torch.tensor(is_first),
        "a later curvature is unusable": unusable & torch.tensor(not is_first),
        "a step ends on the sphere": trial.accepted & (trial.latents.norm(dim=1) > RADIUS - 1e-9),
    }


def _within(values: Tensor, band: tuple[float, float]) -> Tensor:
    return (values > band[0]) & (values < band[1])


def shown_by(losses: Sequence[Tensor], trials: Sequence[Trial]) -> dict[str, Tensor]:
    """Which descents show each event: truth values `[n]`, by name."""
    nothing = torch.zeros_like(trials[0].accepted)
    found: dict[str, Tensor] = {}
    learned, refused = nothing, nothing
    # What follows the last trial is not known.
    for index, (before, trial, following) in enumerate(zip(losses, trials, trials[1:])):
        all_shown = events(before, trial, following.steps, index == 0)
        useful = trial.accepted & trial.usable
        all_shown["the first usable curvature comes after others"] = useful & ~learned & refused
        learned, refused = learned | useful, refused | (trial.accepted & ~trial.usable)
        for name, shown in all_shown.items():
            found[name] = found.get(name, nothing) | shown
    return found


def chosen_starts(of: Decoder, shown: Tensor, assumptions: Assumptions) -> Tensor:
    """For each event the start, of those that show it, whose descent single precision changes least."""
    drawn = 2 * torch.randn(CANDIDATES, LATENTS, generator=generator_for(0, "golden starts"))
    norms = drawn.norm(dim=1, keepdim=True)
    starts = rounded((drawn * (0.98 * RADIUS / norms).clamp_max(1)).double())
    latents, losses, trials = descents(of, shown, starts, assumptions)
    single, _, _ = descents(copy.deepcopy(of).float(), shown.float(), starts.float(), assumptions)
    errors = torch.stack([(a - b).abs().amax(1) for a, b in zip(latents, single)]).amax(0)
    kept: list[int] = []
    for hits in shown_by(losses, trials).values():
        if not bool(hits[kept].any()):
            kept.append(int(torch.where(hits, errors, torch.inf).argmin()))
    assert (
        float(errors[kept].max()) < LARGEST_ERROR
    ), "single precision changes some event's descents"
    return starts[kept]


def golden() -> dict[str, Any]:
    """The decoder, the image, and each descent after each evaluation."""
    assumptions = Assumptions(sphere_radius=RADIUS)
    of = decoder()
    shown = image(of)
    starts = chosen_starts(of, shown, assumptions)
    latents, losses, _ = descents(of, shown, starts, assumptions)
    return {
        "latents": LATENTS,
        "layers": LAYERS,
        "weights": [
            {"weight": weight.flatten().tolist(), "bias": bias.tolist()}
            for weight, bias in of.weights()
        ],
        "beta": assumptions.beta,
        "sphere_radius": assumptions.sphere_radius,
        "image": shown.tolist(),
        "descents": [
            [
                {"latent": latents[at][row].tolist(), "loss": float(losses[at][row])}
                for at in range(EVALUATIONS)
            ]
            for row in range(len(starts))
        ],
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden()) + "\n", "utf-8")
