import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import torch

from abs_training.cli import main
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.search.best_start import BestStart
from abs_training.search.decoder_gradient import LossAndGradient
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import StartTable, losses_and_gradients

WEIGHTS = Path(__file__).parents[2] / "weights" / "abs-mnist.safetensors"


class LossAndGradientTest(unittest.TestCase):
    def test_agrees_with_automatic_differentiation_for_every_kind_of_layer(self) -> None:
        for name, shape in NAMED_SHAPES.items():
            torch.manual_seed(1)
            decoder = Decoder(shape, 8, batch_norm=False).eval()
            image, latent = torch.rand(1, 784), torch.randn(1, 8)
            losses, gradients = losses_and_gradients(decoder, image, latent, Assumptions())
            with torch.no_grad():
                loss, gradient = LossAndGradient(decoder, 1.0)(image, latent)
            self.assertTrue(torch.allclose(loss, losses, rtol=1e-5), name)
            self.assertTrue(torch.allclose(gradient, gradients, rtol=1e-3, atol=1e-7), name)


class CommandTest(unittest.TestCase):
    def test_writes_the_graphs_of_the_frozen_weights(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            starts = Path(folder) / "starts.json"
            starts.write_text(json.dumps([[0.0] * 20, [0.1] * 20]), "utf-8")
            arguments = ["decoder-onnx", "--weights", str(WEIGHTS), "--out", folder]
            with contextlib.redirect_stdout(io.StringIO()):
                status = main([*arguments, "--class", "2", "7", "--starts", str(starts)])
            self.assertEqual(status, 0)
            for index in (2, 7):
                for name in ("decoder", "gradient"):
                    # The weights take 28,184 numbers of 4 bytes.
                    size = (Path(folder) / f"{name}-{index}.onnx").stat().st_size
                    self.assertGreater(size, 112_000)
                # Two decoded latents.
                size = (Path(folder) / f"start-{index}.onnx").stat().st_size
                self.assertGreater(size, 2 * 784 * 4)

    def test_refuses_starts_of_another_size(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            starts = Path(folder) / "starts.json"
            starts.write_text("[[1, 2]]", "utf-8")
            arguments = ["decoder-onnx", "--weights", str(WEIGHTS), "--out", folder]
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                status = main([*arguments, "--starts", str(starts)])
            self.assertEqual(status, 1)
            self.assertIn("lists of 20 numbers", errors.getvalue())


class BestStartTest(unittest.TestCase):
    def test_chooses_what_the_table_of_the_search_chooses(self) -> None:
        torch.manual_seed(2)
        decoder = Decoder(NAMED_SHAPES["shuffle"], 8, batch_norm=False).eval()
        latents, images = torch.randn(50, 8), torch.rand(5, 784)
        chosen, _ = StartTable(decoder, latents, Assumptions()).best(images)
        start = BestStart(decoder, latents, 1.0)
        for image, latent in zip(images, chosen):
            self.assertTrue(torch.equal(start(image.unsqueeze(0))[0], latent))


if __name__ == "__main__":
    unittest.main()
