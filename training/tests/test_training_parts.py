import copy
import tempfile
import unittest
from pathlib import Path

import torch

from abs_training.decoders.encoder import KINDS, Encoder
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.images.augmentation import Distortion, add_noise, distort
from abs_training.stages.mean_weights import MeanWeights
from abs_training.stages.prototypes import medoids
from abs_training.stages.visits import EASY_MARGIN, EASY_SHARE, HARD_MARGIN, order_of_visits


class TrainingPartsTest(unittest.TestCase):
    def test_other_settings_start_afresh(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Checkpoint(Path(folder), "some settings").save("stage", {"epoch": 3})
            self.assertEqual(Checkpoint(Path(folder), "some settings").load("stage"), {"epoch": 3})
            self.assertIsNone(Checkpoint(Path(folder), "other settings").load("stage"))
            self.assertIsNone(Checkpoint(Path(folder), "some settings").load("other stage"))

    def test_encoders(self) -> None:
        for kind in KINDS:
            means, log_variances = Encoder(kind, 7)(torch.rand(3, 1, 28, 28))
            self.assertEqual((tuple(means.shape), tuple(log_variances.shape)), ((3, 7), (3, 7)))

    def test_distortion_is_mild_repeatable_and_of_the_given_share(self) -> None:
        images = torch.zeros(400, 1, 28, 28)
        images[:, :, 8:20, 8:20] = 1
        found = distort(images, Distortion(0.7), generator_for(0, "distort"))
        again = distort(images, Distortion(0.7), generator_for(0, "distort"))
        self.assertTrue(torch.equal(found, again))
        changed = (found != images).flatten(1).any(1).double().mean()
        self.assertAlmostEqual(float(changed), 0.7, delta=0.08)
        self.assertLess(float((found - images).abs().mean()), 0.08)
        self.assertTrue(
            torch.equal(distort(images, Distortion(0.0), generator_for(0, "none")), images)
        )

    def test_noise_falls_on_the_given_share_in_the_given_strength(self) -> None:
        images = torch.full((400, 1, 28, 28), 0.5)
        found = add_noise(images, 0.6, 0.1, generator_for(0, "noise"))
        self.assertTrue(torch.equal(found, add_noise(images, 0.6, 0.1, generator_for(0, "noise"))))
        deviations = found.flatten(1).std(1)
        noisy = deviations > 0
        self.assertAlmostEqual(float(noisy.double().mean()), 0.6, delta=0.08)
        self.assertAlmostEqual(float(deviations[noisy].mean()), 0.05, delta=0.01)
        self.assertLess(float(deviations.max()), 0.11)
        bright = add_noise(torch.ones(9, 1, 28, 28), 1.0, 0.5, generator_for(0, "noise"))
        self.assertTrue(bool(((bright >= 0) & (bright <= 1)).all()))
        self.assertTrue(torch.equal(add_noise(images, 0.0, 0.5, generator_for(0, "none")), images))

    def test_medoids_are_different_points_of_the_set(self) -> None:
        points = torch.randn(60, 2, generator=generator_for(0, "points"))
        chosen = medoids(points, 10, generator_for(0, "centres"))
        matches = (chosen.unsqueeze(1) == points).all(2)
        self.assertTrue(bool((matches.sum(1) == 1).all()))
        self.assertEqual(len(torch.unique(chosen, dim=0)), 10)

    def test_the_mean_of_weights_is_that_of_all_steps_and_goes_on_after_an_interruption(
        self,
    ) -> None:
        decoders = [Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False) for _ in range(2)]
        mean, seen = MeanWeights(), []
        self.assertIsNone(mean.weights())
        for step in range(5):
            for decoder in decoders:
                for parameter in decoder.parameters():
                    torch.nn.init.normal_(parameter)
            seen.append([copy.deepcopy(decoder.state_dict()) for decoder in decoders])
            mean.add(decoders)
            if step == 2:
                state, mean = mean.state(), MeanWeights()
                mean.restore(state)
        found = mean.weights()
        assert found is not None
        for index, weights in enumerate(found):
            for name, value in weights.items():
                expected = torch.stack([step[index][name] for step in seen]).mean(0)
                self.assertTrue(torch.allclose(value, expected, atol=1e-6), name)

    def test_an_epoch_visits_hard_images_often_and_few_of_the_easy_ones(self) -> None:
        hard, between, easy = 40, 300, 4000
        margins = torch.cat(
            [
                torch.linspace(-9, HARD_MARGIN - 0.01, hard),
                torch.linspace(HARD_MARGIN, EASY_MARGIN, between),
                torch.linspace(EASY_MARGIN + 0.01, 90, easy),
            ]
        )
        for visits in (1, 2, 5):
            order = order_of_visits(margins, visits, generator_for(0, "visits"))
            again = order_of_visits(margins, visits, generator_for(0, "visits"))
            self.assertTrue(torch.equal(order, again))
            counts = torch.bincount(order, minlength=len(margins))
            self.assertEqual(counts[:hard].tolist(), [visits] * hard)
            self.assertEqual(counts[hard : hard + between].tolist(), [1] * between)
            self.assertEqual(int(counts[hard + between :].max()), 1)
            share = float(counts[hard + between :].double().mean())
            self.assertAlmostEqual(share, EASY_SHARE, delta=0.05)
            # One visit of every hard image before the second of any.
            for image in range(hard):
                places = (order == image).nonzero().flatten()
                rounds = (places * visits / len(order)).floor().tolist()
                self.assertEqual(len(set(rounds)), visits)


if __name__ == "__main__":
    unittest.main()
