import unittest

import torch

from abs_training.confidence.binary_variant import fit_binary_variant, fit_class_scales, scaled
from abs_training.confidence.calibration import best_scale, confidences
from abs_training.foundation.randomness import generator_for
from abs_training.images.augmentation import binarised


class BinaryVariantTest(unittest.TestCase):
    def test_thresholds_at_one_half(self) -> None:
        found = binarised(torch.tensor([0.0, 0.49999, 0.5, 1.0]))
        self.assertEqual(found.tolist(), [0, 0, 1, 1])

    def test_finds_the_scales_that_made_the_labels(self) -> None:
        generator = generator_for(0, "losses")
        losses = 0.03 + 0.03 * torch.rand(40000, 4, generator=generator, dtype=torch.float64)
        truth = [1.1, 0.95, 1.0, 0.96]
        shares = torch.softmax(-250 * scaled(losses, truth), dim=1)
        labels = torch.multinomial(shares, 1, generator=generator).flatten()
        found = torch.tensor(fit_class_scales(losses, labels))
        expected = torch.tensor(truth)
        # The overall factor is open; the fit puts the mean logarithm at 0.
        self.assertAlmostEqual(float(found.log().mean()), 0, delta=5e-3)
        ratio = found / expected
        self.assertLess(float((ratio / ratio.mean() - 1).abs().max()), 0.02)

    def test_lowers_the_cross_entropy_and_calibrates_the_scaled_losses(self) -> None:
        generator = generator_for(0, "noise")
        labels = torch.randint(0, 5, (2000,), generator=generator)
        losses = 0.05 + 0.006 * torch.randn(2000, 5, generator=generator)
        losses[torch.arange(2000), labels] -= 0.02
        losses[:, 3] *= 1.3
        variant = fit_binary_variant(losses, labels)
        self.assertLess(variant.class_scales[3], 0.9)
        better = scaled(losses, variant.class_scales)
        self.assertLess(
            best_scale(better, labels)[1], best_scale(losses.double(), labels)[1] - 0.02
        )
        found = confidences(better, variant.calibration.scale, variant.calibration.floor)
        self.assertAlmostEqual(float(found.median()), 0.9, places=3)

    def test_classes_that_are_told_apart_perfectly_keep_scales_near_one(self) -> None:
        labels = torch.arange(300) % 3
        losses = torch.full((300, 3), 0.08)
        losses[torch.arange(300), labels] = 0.03
        for scale in fit_class_scales(losses, labels):
            self.assertAlmostEqual(scale, 1, delta=0.01)


if __name__ == "__main__":
    unittest.main()
