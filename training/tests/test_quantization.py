import unittest

import torch

from abs_training.foundation.randomness import generator_for
from abs_training.storage.quantization import FLOAT16, Element, restore, store


class QuantizationTest(unittest.TestCase):
    def setUp(self) -> None:
        generator = generator_for(0, "values")
        magnitudes = torch.tensor([0.01, 1.0, 40.0]).reshape(3, 1, 1)
        # Two classes, four inputs, three channels, five values within a channel.
        self.values = torch.randn(2, 4, 3, 5, generator=generator) * magnitudes[:, :, 0].T.reshape(
            1, 1, 3, 1
        )

    def test_numbers_times_scales_are_the_values(self) -> None:
        stored = store(self.values, 3, 5, Element("I8"))
        assert stored.scales is not None
        restored = restore(stored, 3, 5)
        for index in range(2):
            for flat, value in enumerate(restored[index].flatten().tolist()):
                number = int(stored.numbers[index].flatten()[flat])
                scale = float(stored.scales[index, (flat // 5) % 3])
                # Exact: the product has at most 15 significant bits.
                self.assertEqual(value, number * scale)

    def test_every_channel_has_a_scale_of_its_own(self) -> None:
        for level in (127, 63, 31):
            stored = store(self.values, 3, 5, Element("I8", level))
            assert stored.scales is not None
            self.assertEqual(tuple(stored.scales.shape), (2, 3))
            largest = self.values.abs().amax((1, 3))
            self.assertTrue(bool((stored.scales <= 1.005 * largest / level).all()))
            self.assertEqual(int(stored.numbers.abs().max()), level)
            error = (restore(stored, 3, 5) - self.values).abs().amax((1, 3))
            self.assertTrue(bool((error / largest < 0.7).all()))
            # Clipping is chosen for the squared error, so that is hardly worse than without.
            plain = (largest / level).reshape(2, 1, 3, 1)
            unclipped = (self.values / plain).round() * plain
            self.assertLess(
                float((restore(stored, 3, 5) / plain - self.values / plain).square().sum()),
                1.1 * float((unclipped / plain - self.values / plain).square().sum()),
            )

    def test_an_outlier_is_clipped_where_that_helps(self) -> None:
        values = torch.linspace(-1, 1, 2001).reshape(1, 1, -1).clone()
        values[0, 0, 0] = 1.6
        found = restore(store(values, 1, 2001, Element("I8", 7)), 1, 2001)
        self.assertLess(float(found.max()), 1.4)

    def test_storing_again_changes_nothing(self) -> None:
        for element in (Element("F32"), FLOAT16, Element("I8"), Element("I8", 31)):
            first = restore(store(self.values, 3, 5, element), 3, 5)
            second = restore(store(first, 3, 5, element), 3, 5)
            self.assertTrue(torch.equal(first, second))

    def test_zeros_stay_zero(self) -> None:
        stored = store(torch.zeros(1, 2, 3), 2, 3, Element("I8"))
        assert stored.scales is not None
        self.assertTrue(bool((stored.scales > 0).all()))
        self.assertEqual(float(restore(stored, 2, 3).abs().max()), 0)


if __name__ == "__main__":
    unittest.main()
