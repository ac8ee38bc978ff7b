"""What the loss assumes: response curve, gain and offset, tolerance."""

import unittest
from typing import Any

import torch
from torch import Tensor

from abs_training.search.assumptions import (
    Assumptions,
    Photometry,
    Sums,
    ViewRule,
    Views,
    assumptions_from_json,
)

PIXELS = 784
GAIN = Photometry(10.0, 2.0)


def drawn(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    blank = torch.rand(count, PIXELS, generator=generator, dtype=torch.float64)
    return (blank - 0.6).clamp(0, 1) * 2.5


class AssumptionsTest(unittest.TestCase):
    def test_the_paper_counts_squares(self) -> None:
        images, decoded = drawn(3, 0), drawn(3, 1)
        latents = torch.randn(3, 4, dtype=torch.float64)
        expected = (images - decoded).square().sum(1) + 0.5 * latents.square().sum(1)
        found = Assumptions().losses(decoded, images, latents)
        torch.testing.assert_close(found, expected / PIXELS)

    def test_a_response_curve_leaves_ends_and_middle(self) -> None:
        values = torch.tensor([0.0, 0.2, 0.25, 0.5, 0.625, 0.75, 0.8, 1.0])
        expected = torch.tensor([0.0, 0.0, 0.0, 0.5, 0.75, 1.0, 1.0, 1.0])
        torch.testing.assert_close(Assumptions(response=2.0).seen(values), expected)
        self.assertTrue(torch.equal(Assumptions().seen(values), values))

    def test_no_other_gain_and_offset_fit_better(self) -> None:
        images, decoded = 0.2 + 0.6 * drawn(4, 2), drawn(4, 2)
        images = images + 0.05 * torch.randn(images.shape)
        for tolerance in (None, 1.0, 0.5):
            assumptions = Assumptions(photometry=GAIN, tolerance=tolerance)
            gain, offset = assumptions.fit(decoded, images)
            found = assumptions.errors(decoded, images)
            for change in (-0.01, 0.01):
                for moved in ((gain + change, offset), (gain, offset + change)):
                    self.assertTrue(
                        bool((found < self._errors(assumptions, decoded, images, *moved)).all())
                    )

    def test_a_bright_and_pale_copy_is_fitted(self) -> None:
        decoded = drawn(4, 3)
        for tolerance in (None, 1.0):
            assumptions = Assumptions(photometry=Photometry(0.1, 0.1), tolerance=tolerance)
            gain, offset = assumptions.fit(decoded, 0.4 * decoded + 0.3)
            torch.testing.assert_close(gain, torch.full_like(gain, 0.4), rtol=0, atol=5e-3)
            torch.testing.assert_close(offset, torch.full_like(offset, 0.3), rtol=0, atol=5e-3)

    def test_a_tolerated_error_never_costs_more_than_its_square(self) -> None:
        assumptions = Assumptions(tolerance=0.7)
        decoded = torch.zeros(1, PIXELS, dtype=torch.float64)
        image = decoded.clone()
        image[0, 5] = 1.0
        error = float(assumptions.errors(decoded, image))
        self.assertAlmostEqual(error, 1 / (1 + 1 / 0.49), places=9)

    def test_derivatives_hold_gain_and_offset_fixed(self) -> None:
        decoded, images = drawn(2, 4), 0.8 * drawn(2, 4) + 0.2 * drawn(2, 5)
        direction = torch.randn(decoded.shape, dtype=torch.float64)
        step = 1e-5
        for assumptions in (
            Assumptions(photometry=GAIN),
            Assumptions(tolerance=0.6),
            Assumptions(photometry=GAIN, tolerance=0.8),
        ):
            variable = decoded.clone().requires_grad_(True)
            (gradient,) = torch.autograd.grad(assumptions.errors(variable, images).sum(), variable)
            for found, ends in (
                (gradient, [(decoded + s * step * direction, images) for s in (1, -1)]),
                (
                    assumptions.image_gradients(decoded, images),
                    [(decoded, images + s * step * direction) for s in (1, -1)],
                ),
            ):
                slope = (found * direction).sum(1)
                above, below = (assumptions.errors(*end) for end in ends)
                expected = (above - below) / (2 * step)
                scale = found.norm(dim=1) * direction.norm(dim=1)
                self.assertTrue(bool(((slope - expected).abs() < 5e-3 * scale).all()))

    def test_every_pair_is_profiled(self) -> None:
        images, decoded = drawn(3, 6), drawn(5, 7)
        sums = Sums(
            images @ decoded.T,
            decoded.square().sum(1),
            decoded.sum(1),
            images.square().sum(1, keepdim=True),
            images.sum(1, keepdim=True),
        )
        for assumptions in (Assumptions(), Assumptions(photometry=GAIN)):
            expected = assumptions.errors(decoded.unsqueeze(0), images.unsqueeze(1))
            torch.testing.assert_close(assumptions.profiled(sums), expected)

    def test_json_holds_what_is_assumed(self) -> None:
        for assumptions in (
            Assumptions(),
            Assumptions(0.9, 4.5, 1.6, GAIN, 0.8),
            Assumptions(tolerance=1.0),
            Assumptions(views=Views(ViewRule(0.01, 0.9), None, ViewRule(0.0, 1.0))),
        ):
            self.assertEqual(assumptions_from_json(assumptions.as_json()), assumptions)
        self.assertEqual(set(Assumptions().as_json()), {"beta", "sphere_radius"})

    def test_numbers_out_of_range_are_refused(self) -> None:
        parts: list[dict[str, Any]] = [
            {"beta": -1.0},
            {"beta": float("nan")},
            {"response": 0.5},
            {"response": float("inf")},
            {"photometry": {"gain": 0.0, "offset": 1.0}},
            {"photometry": {"gain": 1.0, "offset": float("nan")}},
            {"tolerance": 0.0},
            {"blur": 1.0},
            {"views": {"blurred": {"doubt": 0.0, "share": 1.0}}},
            {"views": {"filled": {"doubt": -1.0, "share": 1.0}}},
            {"views": {"centred": {"doubt": 0.0, "share": 0.0}}},
        ]
        for part in parts:
            with self.assertRaises(ValueError):
                assumptions_from_json({"beta": 1.0, "sphere_radius": 5.0, **part})

    def _errors(
        self,
        assumptions: Assumptions,
        decoded: Tensor,
        images: Tensor,
        gain: Tensor,
        offset: Tensor,
    ) -> Tensor:
        residuals = images - gain.unsqueeze(1) * decoded - offset.unsqueeze(1)
        squares = residuals.square()
        if assumptions.tolerance is not None:
            squares = squares / (1 + squares / assumptions.tolerance**2)
        priors = GAIN.gain * (gain - 1).square() + GAIN.offset * offset.square()
        return squares.sum(1) + priors
