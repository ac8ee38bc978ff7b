"""The networks for reading: they learn, are stored as they are, and their files are checked."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from abs_training.cli import main
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import DataError
from abs_training.reading.fit import (
    fit_pieces,
    fit_seams,
    in_another_hand,
    mean_loss,
    mean_piece_loss,
)
from abs_training.reading.lines import ROWS, Line, read_lines
from abs_training.reading.piece_network import KINDS
from abs_training.reading.pieces import COLUMNS, Pieces, read_pieces
from abs_training.reading.stored_network import as_stored, convolutions, module_text, round_weights


def silent(epoch: int, loss: float) -> None:
    """Reports nothing."""


def bars(count: int) -> list[Line]:
    """Two bars each, with the seam midway."""
    generator = np.random.default_rng(0)
    lines = []
    for _ in range(count):
        ink, seams = np.zeros((2, ROWS, 48), np.uint8)
        left, right = generator.integers(4, 16), generator.integers(26, 40)
        ink[6:26, left : left + 3] = 255
        ink[6:26, right : right + 3] = 255
        seams[:, (left + right) // 2 : (left + right) // 2 + 2] = 255
        lines.append(Line(ink, seams))
    return lines


def write_lines(path: Path, lines: list[Line]) -> None:
    """Writes lines as the benchmark does."""
    with path.open("wb") as file:
        for line in lines:
            file.write(line.ink.shape[1].to_bytes(4, "little"))
            file.write(line.ink.tobytes() + line.seams.tobytes())


def tops_and_bottoms(count: int) -> Pieces:
    """Ink above is a 0, ink below is no digit."""
    windows = torch.zeros(count, ROWS, COLUMNS, 2, dtype=torch.uint8)
    windows[::2, 4:10, 14:26, 0] = 255
    windows[1::2, 20:26, 14:26, 0] = 255
    kinds = torch.zeros(count, KINDS)
    kinds[::2, 0] = 1
    kinds[1::2, KINDS - 1] = 1
    return Pieces(windows, kinds)


class ReadingTest(unittest.TestCase):
    """Small fits of small data."""

    def test_learns(self) -> None:
        """Both losses fall far below those of an even guess."""
        lines, pieces = bars(64), tops_and_bottoms(256)
        self.assertLess(mean_loss(fit_seams(lines, 12, 0, silent), lines), 0.16)
        self.assertLess(mean_piece_loss(fit_pieces(pieces, 40, 0, silent), pieces), 0.1)

    def test_stores(self) -> None:
        """Rounding changes little, and rounding again nothing; equal seeds give equal modules."""
        lines = bars(8)
        first, second = (fit_seams(lines, 1, 3, silent) for _ in range(2))
        before = mean_loss(first, lines)
        text = module_text(first.layers, "SEAM_NETWORK", "command")
        self.assertAlmostEqual(mean_loss(first, lines), before, delta=0.01)
        self.assertEqual(text, module_text(second.layers, "SEAM_NETWORK", "command"))
        weights = [layer.weight.clone() for layer in first.layers]
        round_weights(first.layers)
        for layer, weight in zip(first.layers, weights):
            self.assertTrue(torch.allclose(layer.weight, weight, rtol=1e-3))

    def test_rounds_for_a_while(self) -> None:
        """Within, weights are such as are stored; afterwards they are as they were."""
        layers = convolutions(((1, 8, 5, 2, 1), (8, 8, 3, 1, 2)), generator_for(0, "rounds"))
        exact = [layer.weight.data.clone() for layer in layers]
        with as_stored(layers):
            for layer, weight in zip(layers, exact):
                self.assertFalse(torch.equal(layer.weight.data, weight))
                for row in layer.weight.data.flatten(1):
                    self.assertLessEqual(len(row.abs().unique()), 32)
                    self.assertLess(
                        (row / (row.abs().max() / 31) % 1 - 0.5).abs().sub(0.5).abs().max(), 1e-2
                    )
        for layer, weight in zip(layers, exact):
            self.assertTrue(torch.equal(layer.weight.data, weight))

    def test_seams_move_with_the_ink(self) -> None:
        """Whatever is done to ink is done to its seams; most batches are changed, not all."""
        generator = generator_for(0, "hands")
        ink = torch.rand(4, 1, ROWS, 64, generator=generator)
        changed = 0
        for _ in range(40):
            moved, seams = in_another_hand(ink, ink, generator)
            self.assertTrue(torch.equal(moved, seams))
            changed += not torch.equal(moved, ink)
        self.assertGreater(changed, 5)
        self.assertLess(changed, 40)

    def test_command(self) -> None:
        """Fits files and writes modules; what is no such file is named."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_lines(folder / "lines", bars(20))
            pieces = tops_and_bottoms(40)
            heads = torch.stack([pieces.kinds.argmax(1), 255 * (pieces.kinds[:, 0] > 0)], 1).byte()
            records = torch.cat([heads, pieces.windows.flatten(1)], 1)
            (folder / "pieces").write_bytes(records.numpy().tobytes())
            arguments = ["--lines", f"{folder}/lines", "--pieces", f"{folder}/pieces"]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(
                io.StringIO()
            ):
                status = main(["reading", *arguments, "--out", name, "--epochs", "1"])
            self.assertEqual(status, 0)
            for module in ("seam-weights.ts", "piece-weights.ts"):
                text = (folder / module).read_text("utf-8")
                self.assertIn("StoredNetwork = {", text)
                inputs = 1 if module.startswith("seam") else 2
                self.assertIn(f"  shapes: [\n    [{inputs}, 8, 5, 2, 1],\n    [8, ", text)
            read = read_pieces(folder / "pieces")
            self.assertTrue(torch.equal(read.windows, pieces.windows))
            self.assertTrue(torch.equal(read.kinds, pieces.kinds))
            (folder / "one").write_bytes((folder / "pieces").read_bytes()[: 2 + 2 * ROWS * COLUMNS])
            arguments = ["--pieces", f"{folder}/one", "--epochs", "1", "--out", name]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(
                io.StringIO()
            ):
                self.assertEqual(main(["reading", *arguments]), 0)
            (folder / "cut").write_bytes((folder / "lines").read_bytes()[:-1])
            self.assertRaisesRegex(DataError, "wanted lines", read_lines, folder / "cut")
            self.assertRaisesRegex(DataError, "multiple of 2562", read_pieces, folder / "cut")


if __name__ == "__main__":
    unittest.main()
