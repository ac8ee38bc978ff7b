"""Characters of fonts drawn as digits are."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from abs_training.cli import main
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import DataError, read_image_set
from abs_training.images.glyphs import Font, drawings, family_of, font_files, held_out


def write_font(path: Path) -> None:
    """A font whose 0 is a frame, whose 1 is a bar, and which has a space and nothing else."""
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", "space", "zero", "one"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({32: "space", 48: "zero", 49: "one"})

    def drawn(*boxes: tuple[int, int, int, int]) -> Any:
        pen = TTGlyphPen(None)
        for left, bottom, right, top in boxes:
            pen.moveTo((left, bottom))
            pen.lineTo((left, top))
            pen.lineTo((right, top))
            pen.lineTo((right, bottom))
            pen.closePath()
        return pen.glyph()

    frame = ((100, 0, 500, 100), (100, 600, 500, 700), (100, 0, 200, 700), (400, 0, 500, 700))
    glyphs = {".notdef": drawn(), "space": drawn(), "zero": drawn(*frame)}
    glyphs["one"] = drawn((250, 0, 350, 700))
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (600, 100) for name in names})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Frames", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


class GlyphsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_font(self.folder / "frames-latin-400-normal.ttf")

    def font(self) -> Font:
        return Font(self.folder / "frames-latin-400-normal.ttf")

    def test_drawings_are_as_large_as_digits_and_centred_by_mass(self) -> None:
        images, labels = drawings([self.font()], "01", 20, generator_for(0, "glyphs"))
        self.assertEqual(labels.tolist(), [0] * 20 + [1] * 20)
        values = images.numpy().astype(np.float64)
        self.assertTrue(bool((values.max((1, 2)) == 255).all()))
        places = np.arange(28)
        for image in values:
            rows, columns = image.sum(1).nonzero()[0], image.sum(0).nonzero()[0]
            self.assertIn(max(np.ptp(rows), np.ptp(columns)) + 1, (19, 20))
            mass = image.sum()
            self.assertLess(abs((image.sum(1) * places).sum() / mass - 13.5), 0.75)
            self.assertLess(abs((image.sum(0) * places).sum() / mass - 13.5), 0.75)
        # A frame is hollow and wide, a bar is neither.
        self.assertGreater(np.ptp(values[0].sum(0).nonzero()[0]), 8)
        self.assertLess(np.ptp(values[20].sum(0).nonzero()[0]), 14)

    def test_no_two_drawings_are_alike_but_all_come_again(self) -> None:
        images, _ = drawings([self.font()], "0", 8, generator_for(0, "glyphs"))
        again, _ = drawings([self.font()], "0", 8, generator_for(0, "glyphs"))
        self.assertTrue(torch.equal(images, again))
        self.assertEqual(len({image.numpy().tobytes() for image in images}), 8)

    def test_pens_differ(self) -> None:
        images, _ = drawings([self.font()], "0", 40, generator_for(1, "glyphs"))
        ink = images.double().mean((1, 2))
        self.assertGreater(float(ink.max()), 1.7 * float(ink.min()))

    def test_what_a_font_lacks_or_leaves_blank_is_left_out(self) -> None:
        images, labels = drawings([self.font()], " 01A", 3, generator_for(0, "glyphs"))
        self.assertEqual(labels.tolist(), [1] * 3 + [2] * 3)
        self.assertEqual(len(images), 6)
        none, _ = drawings([self.font()], "A", 3, generator_for(0, "glyphs"))
        self.assertEqual(tuple(none.shape), (0, 28, 28))

    def test_files_of_a_family_stay_together(self) -> None:
        names = [
            "one-latin-400-normal.woff",
            "one-latin-700-normal.woff",
            "two-latin-400-normal.woff",
        ]
        paths = [Path(name) for name in names]
        self.assertEqual([family_of(path) for path in paths], ["one", "one", "two"])
        for seed in range(4):
            kept = held_out(paths, 0.5, generator_for(seed, "held out"))
            self.assertEqual(kept[0], kept[1])
            self.assertEqual(sum(kept), 2 if kept[0] else 1)

    def test_a_file_that_is_no_font_is_named(self) -> None:
        path = self.folder / "broken.ttf"
        path.write_bytes(b"no font")
        with self.assertRaisesRegex(DataError, "broken.ttf: cannot be read as a font"):
            Font(path)
        with self.assertRaisesRegex(DataError, "holds no font file serif"):
            font_files(self.folder, "serif*")

    def test_the_command_writes_files_to_train_on(self) -> None:
        write_font(self.folder / "others-latin-400-normal.ttf")
        out = self.folder / "out"
        words = ["glyphs", "--fonts", str(self.folder), "--out", str(out), "--each", "3"]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(main([*words, "--characters", "01", "--held-out", "0.5"]), 0)
        self.assertIn("train: 6 drawings from 1 fonts", printed.getvalue())
        for prefix in ("train", "t10k"):
            images, _ = read_image_set(out, prefix)
            self.assertEqual(images.labels.tolist(), [0] * 3 + [1] * 3)


if __name__ == "__main__":
    unittest.main()
