import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import torch

from abs_training.cli import main
from abs_training.decoder_gradient import LossAndGradient
from abs_training.inference import Prior, losses_and_gradients
from abs_training.layers import NAMED_SHAPES, Decoder


class LossAndGradientTest(unittest.TestCase):
    def test_agrees_with_automatic_differentiation_for_every_kind_of_layer(self) -> None:
        for name, shape in NAMED_SHAPES.items():
            torch.manual_seed(1)
            decoder = Decoder(shape, 8, batch_norm=False).eval()
            image, latent = torch.rand(1, 784), torch.randn(1, 8)
            losses, gradients = losses_and_gradients(decoder, image, latent, Prior())
            with torch.no_grad():
                loss, gradient = LossAndGradient(decoder, Prior())(image, latent)
            self.assertTrue(torch.allclose(loss, losses, rtol=1e-5), name)
            self.assertTrue(torch.allclose(gradient, gradients, rtol=1e-3, atol=1e-7), name)


class CommandTest(unittest.TestCase):
    def test_writes_both_graphs_of_the_frozen_weights(self) -> None:
        weights = Path(__file__).parents[2] / "weights" / "abs-mnist.safetensors"
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.redirect_stdout(io.StringIO()):
                status = main(["decoder-onnx", "--weights", str(weights), "--out", folder])
            self.assertEqual(status, 0)
            for name in ("decoder", "gradient"):
                # The weights take 18,260 numbers of 4 bytes.
                self.assertGreater((Path(folder) / f"{name}.onnx").stat().st_size, 73_000)


if __name__ == "__main__":
    unittest.main()
