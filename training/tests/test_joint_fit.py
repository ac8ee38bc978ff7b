"""Joint training of all classes' decoders, and the attacks on its images."""

import unittest

import torch

from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.search.assumptions import Assumptions, Photometry
from abs_training.stages.joint_fit import Attack, JointFit, Push

ATTACK = Attack(0.5, 0.3, 10)
STRAIGHT, EVERY_PIXEL, FEW_PIXELS, NONE = range(4)


class JointFitTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(0)
        self.decoders = [Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False) for _ in range(3)]
        self.images = torch.rand(5, 784, generator=generator_for(0, "images"))
        self.labels = torch.tensor([0, 0, 1, 1, 0])
        self.compared = torch.ones(3, 5, dtype=torch.bool)
        self.compared[2, 0] = False
        self.fit = JointFit(
            self.decoders, self.compared, self.images, torch.zeros(3, 5, 3), Assumptions(), 1
        )

    def test_classes_left_out_keep_their_latents_and_have_no_loss(self) -> None:
        self.fit.search(2, 0.05)
        self.assertEqual(float(self.fit.losses[2, 0]), torch.inf)
        self.assertEqual(float(self.fit.latents[2, 0].abs().sum()), 0.0)
        self.assertTrue(bool(self.fit.losses[self.compared].isfinite().all()))

    def test_an_attack_goes_its_length_towards_the_best_rival(self) -> None:
        self.fit.search(2, 0.05)
        before = self.fit.losses.clone()
        self.fit.attack(self.labels, ATTACK, kinds_of(STRAIGHT), 1.0, torch.ones(5))
        self.fit.search(0, 0.05)
        positions = torch.arange(5)
        wrong = before.clone()
        wrong[self.labels, positions] = torch.inf
        rivals = wrong.argmin(0)
        gap_before = before[rivals, positions] - before[self.labels, positions]
        gap_after = self.fit.losses[rivals, positions] - self.fit.losses[self.labels, positions]
        has_label = gap_before > 0
        self.assertTrue(bool((gap_after < gap_before)[has_label].all()))
        self.assertTrue(bool((gap_after == gap_before)[~has_label].all()))

    def test_half_the_strength_takes_an_attack_half_as_far(self) -> None:
        drops = []
        for strength in (1.0, 0.5):
            fit = JointFit(
                self.decoders, self.compared, self.images, torch.zeros(3, 5, 3), Assumptions(), 1
            )
            fit.search(2, 0.05)
            before = fit.losses.clone()
            fit.attack(self.labels, ATTACK, kinds_of(STRAIGHT), strength, torch.ones(5))
            fit.search(0, 0.05)
            positions = torch.arange(5)
            wrong = before.clone()
            wrong[self.labels, positions] = torch.inf
            change = fit.losses - before
            drops.append(change[self.labels, positions] - change[wrong.argmin(0), positions])
        # With latents held, the difference of two losses falls in proportion to the way; clipping to 0..1 bends it a little.
        self.assertGreater(float(drops[0].max()), 0)
        torch.testing.assert_close(drops[1], drops[0] / 2, rtol=0.05, atol=1e-6)

    def test_training_changes_the_compared_decoders_only(self) -> None:
        compared = self.compared.clone()
        compared[2] = False
        fit = JointFit(self.decoders, compared, self.images, torch.zeros(3, 5, 3), Assumptions(), 1)
        fit.search(1, 0.05)
        before = [decoder.weights()[0][0].clone() for decoder in self.decoders]
        optimizers = [torch.optim.Adam(decoder.parameters()) for decoder in self.decoders]
        fit.train(optimizers, torch.ones(3, 5), 1e-3)
        changed = [
            not torch.equal(old, decoder.weights()[0][0])
            for old, decoder in zip(before, self.decoders)
        ]
        self.assertEqual(changed, [True, True, False])

    def test_an_attack_in_any_norm_brings_the_rival_closer(self) -> None:
        assumptions = Assumptions(response=1.6, photometry=Photometry(10, 1), tolerance=1.0)
        for kind in (STRAIGHT, EVERY_PIXEL, FEW_PIXELS, NONE):
            fit = JointFit(
                self.decoders, self.compared, self.images, torch.zeros(3, 5, 3), assumptions, 1
            )
            fit.search(2, 0.05)
            before = fit.losses.clone()
            fit.attack(self.labels, ATTACK, kinds_of(kind), 1.0, torch.ones(5))
            fit.search(0, 0.05)
            positions = torch.arange(5)
            wrong = before.clone()
            wrong[self.labels, positions] = torch.inf
            rivals = wrong.argmin(0)
            gap = before[rivals, positions] - before[self.labels, positions]
            moved = fit.losses[rivals, positions] - fit.losses[self.labels, positions]
            has_label = gap > 0
            self.assertTrue(bool(has_label.any()))
            if kind == NONE:
                self.assertTrue(torch.equal(moved, gap))
            else:
                self.assertTrue(bool((moved < gap)[has_label].all()))


class PushTest(unittest.TestCase):
    def setUp(self) -> None:
        generator = generator_for(0, "push")
        self.originals = torch.rand(6, 784, generator=generator)
        self.directions = torch.randn(6, 784, generator=generator)
        self.shares = torch.tensor([0.0, 0.2, 0.5, 1.0, 1.0, 1.0])

    def push(self, wanted: float) -> Push:
        return Push(
            self.originals, self.originals, self.directions, torch.full((6,), float(wanted))
        )

    def test_no_push_exceeds_its_limit(self) -> None:
        push = self.push(1e9)
        straight = (push.straight(self.shares, 0.7) - self.originals).norm(dim=1)
        self.assertTrue(bool((straight <= 0.7 * self.shares + 1e-5).all()))
        steps = (push.every_pixel(self.shares, 0.2, 1.6) - self.originals).abs().amax(1)
        self.assertTrue(bool((steps <= 0.2 * self.shares + 1e-5).all()))
        struck = (push.few_pixels(self.shares, 20) != self.originals).sum(1)
        self.assertEqual(struck.tolist(), [0, 4, 10, 20, 20, 20])

    def test_no_push_goes_much_further_than_wanted(self) -> None:
        push = self.push(3.0)
        for images in (push.straight(self.shares, 9.0), push.few_pixels(self.shares, 784)):
            gained = ((images - self.originals) * self.directions).sum(1)
            self.assertTrue(bool((gained <= 3.0 + self.directions.abs().max()).all()))
            self.assertGreater(float(gained[3]), 2.5)

    def test_who_wants_nothing_stays(self) -> None:
        push = self.push(0.0)
        for images in (
            push.straight(self.shares, 9.0),
            push.every_pixel(self.shares, 0.3, 1.6),
            push.few_pixels(self.shares, 20),
        ):
            self.assertTrue(torch.equal(images, self.originals))


def kinds_of(kind: int) -> torch.Tensor:
    return torch.full((5,), kind)


if __name__ == "__main__":
    unittest.main()
