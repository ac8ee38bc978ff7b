import unittest

import torch

from abs_training.confidence.calibration import (
    best_scale,
    calibrate,
    confidences,
    lowest_threshold,
    quality,
)
from abs_training.foundation.randomness import generator_for


class CalibrationTest(unittest.TestCase):
    def setUp(self) -> None:
        generator = generator_for(0, "losses")
        self.labels = torch.randint(0, 10, (3000,), generator=generator)
        self.losses = 0.04 + 0.004 * torch.randn(3000, 10, generator=generator)
        self.losses[torch.arange(3000), self.labels] -= 0.02

    def test_finds_the_scale_that_made_the_labels(self) -> None:
        generator = generator_for(0, "labels")
        losses = torch.rand(20000, 5, generator=generator, dtype=torch.float64) * 0.02
        shares = torch.softmax(-300 * losses, dim=1)
        labels = torch.multinomial(shares, 1, generator=generator).flatten()
        scale, entropy = best_scale(losses, labels)
        self.assertAlmostEqual(scale / 300, 1, delta=0.05)
        self.assertLess(entropy, 1.61)

    def test_median_confidence_and_rejection(self) -> None:
        found = calibrate(self.losses, self.labels)
        clean = confidences(self.losses, found.scale, found.floor)
        self.assertAlmostEqual(float(clean.median()), 0.9, places=3)
        threshold = max(0.15, float(clean.quantile(0.01)))
        self.assertAlmostEqual(found.reject_below, threshold, places=5)

    def test_classes_that_are_told_apart_perfectly(self) -> None:
        labels = self.labels
        losses = torch.full((3000, 10), 0.08)
        losses[torch.arange(3000), labels] = torch.linspace(0.03, 0.05, 3000)
        found = calibrate(losses, labels)
        self.assertLess(found.scale, 600)
        clean = confidences(losses, found.scale, found.floor)
        self.assertAlmostEqual(float(clean.median()), 0.9, places=3)

    def test_few_classes_do_not_make_the_threshold_high(self) -> None:
        for classes, expected in ((2, 0.55), (3, 1 / 3 + 0.05), (10, 0.15), (64, 1.5 / 64)):
            self.assertAlmostEqual(lowest_threshold(classes), expected)

    def test_quality(self) -> None:
        losses = torch.tensor([[0.01, 0.03, 0.09], [0.05, 0.02, 0.03], [0.01, 0.04, 0.02]])
        found = quality(losses, torch.tensor([0, 1, 1]))
        self.assertAlmostEqual(found.accuracy, 2 / 3)
        self.assertAlmostEqual(found.margin, 7.84, places=4)


if __name__ == "__main__":
    unittest.main()
