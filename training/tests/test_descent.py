import json
import unittest
from typing import Any

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.search.bfgs import EVALUATIONS, descend
from abs_training.search.assumptions import Assumptions
from tests.golden_descent import GOLDEN, descents, shown_by


class GoldenDescentTest(unittest.TestCase):
    """The same numbers that test/inference/descent.test.ts holds the module to."""

    def setUp(self) -> None:
        self.golden: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
        self.assumptions = Assumptions(self.golden["beta"], self.golden["sphere_radius"])
        self.decoder = Decoder(self.golden["layers"], self.golden["latents"], False).double()
        self.decoder.set_weights(
            [
                (numbers(own["weight"]).reshape(weight.shape), numbers(own["bias"]))
                for own, (weight, _) in zip(self.golden["weights"], self.decoder.weights())
            ]
        )
        self.image = numbers(self.golden["image"])
        self.starts = numbers([descent[0]["latent"] for descent in self.golden["descents"]])

    def test_latents_and_losses_after_each_evaluation(self) -> None:
        latents, losses, _ = descents(self.decoder, self.image, self.starts, self.assumptions)
        self.assertEqual(len(latents), EVALUATIONS)
        for row, descent in enumerate(self.golden["descents"]):
            self.assertEqual(len(descent), EVALUATIONS)
            for at, expected in enumerate(descent):
                with self.subTest(descent=row, evaluations=at + 1):
                    torch.testing.assert_close(
                        latents[at][row], numbers(expected["latent"]), rtol=0, atol=1e-9
                    )
                    self.assertAlmostEqual(float(losses[at][row]), expected["loss"], delta=1e-11)

    def test_single_precision_goes_the_same_way(self) -> None:
        images = self.image.float().expand(len(self.starts), -1)
        losses, latents = descend(
            self.decoder.float(), images, self.starts.float(), self.assumptions
        )
        last = [descent[-1] for descent in self.golden["descents"]]
        expected = numbers([state["latent"] for state in last]).float()
        torch.testing.assert_close(latents, expected, rtol=0, atol=1e-5)
        found = numbers([state["loss"] for state in last]).float()
        torch.testing.assert_close(losses, found, rtol=0, atol=1e-6)

    def test_they_show_all_that_a_descent_can_do(self) -> None:
        _, losses, trials = descents(self.decoder, self.image, self.starts, self.assumptions)
        for name, shown in shown_by(losses, trials).items():
            self.assertTrue(bool(shown.any()), name)


def numbers(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


if __name__ == "__main__":
    unittest.main()
