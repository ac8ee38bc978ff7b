import unittest

import torch
from torch import Tensor

from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.measures.robustness import (
    Explainer,
    Explanations,
    distances_along_line,
    distances_by_deepfool,
)
from abs_training.search.assumptions import Assumptions
from abs_training.stages.joint_fit import JointFit


class TwoPoints(Explainer):
    """A classifier whose two classes draw one image each, whatever they are shown."""

    def __init__(self, first: Tensor, second: Tensor) -> None:
        self._drawn = torch.stack([first, second])

    def explain(self, images: Tensor) -> Explanations:
        differences = images.unsqueeze(1) - self._drawn
        return Explanations(
            differences.square().sum(2) / 784, self._drawn.expand(len(images), -1, -1)
        )


def flat_image(value: float) -> Tensor:
    return torch.full((784,), value)


class DistanceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.classifier = TwoPoints(flat_image(0.2), flat_image(0.6))

    def test_both_find_the_plane_half_way_between_two_drawings(self) -> None:
        # Constant images: the plane lies at 0.4, and a step of v in all 784 pixels is 28 v long.
        images = torch.stack([flat_image(0.1), flat_image(0.3), flat_image(0.9)])
        labels = torch.tensor([0, 0, 1])
        expected = torch.tensor([28 * 0.3, 28 * 0.1, 28 * 0.5])
        for attack in (distances_along_line, distances_by_deepfool):
            found = attack(self.classifier, images, labels)
            torch.testing.assert_close(found, expected, rtol=0.01, atol=0.01)

    def test_a_wrong_label_counts_as_no_distance(self) -> None:
        images, labels = torch.stack([flat_image(0.5), flat_image(0.3)]), torch.tensor([0, 0])
        for attack in (distances_along_line, distances_by_deepfool):
            found = attack(self.classifier, images, labels)
            self.assertEqual(float(found[0]), 0.0)
            self.assertAlmostEqual(float(found[1]), 28 * 0.1, delta=0.05)

    def test_an_image_that_never_loses_its_label_is_infinitely_far(self) -> None:
        # Both classes draw the same, so the first wins everywhere.
        classifier = TwoPoints(flat_image(0.2), flat_image(0.2))
        images, labels = flat_image(0.3).unsqueeze(0), torch.tensor([0])
        self.assertEqual(float(distances_along_line(classifier, images, labels)), torch.inf)

    def test_explainer_reports_the_losses_of_its_own_reconstructions(self) -> None:
        torch.manual_seed(0)
        decoders = [Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False) for _ in range(2)]
        starts = [torch.zeros(1, 3)] * 2
        images = torch.rand(4, 784, generator=generator_for(0, "images"))
        found = Explainer(decoders, starts, Assumptions(beta=0.0), 5, 1).explain(images)
        squares = (found.reconstructions - images.unsqueeze(1)).square().sum(2) / 784
        torch.testing.assert_close(found.losses, squares)


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
        self.fit.attack(self.labels, 0.5, 1.0, torch.ones(5))
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
            fit.attack(self.labels, 0.5, strength, torch.ones(5))
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


if __name__ == "__main__":
    unittest.main()
