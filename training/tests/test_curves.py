import contextlib
import importlib
import importlib.util
import io
import json
import math
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

from abs_training.cli import main
from abs_training.commands.curves import draw, panels, read_curves
from abs_training.foundation import record as record_module
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.record import Record

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


class RecordTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def record(self) -> Record:
        return Record(Checkpoint(self.folder, "settings"))

    def fill(self, record: Record) -> None:
        for epoch in range(1, 6):
            record.add_point("first", "objective/one", epoch, 1 / epoch)
            record.add_point("first", "objective/two", epoch, 2 / epoch)
            record.add_point("first", "learning rate", epoch, 0.003 * (5 - epoch))
        record.add_point("second", "objective", 1, 0.1)
        record.flush()

    def test_keeps_points_between_processes_and_replaces_repeated_ones(self) -> None:
        self.fill(self.record())
        again = self.record()
        again.add_point("first", "objective/one", 5, 0.25)
        again.add_point("first", "objective/one", 6, 0.125)
        again.add_point("first", "objective/one", 5.5, 0.2)
        again.flush()
        points = read_curves(self.folder)["first"]["objective/one"]
        self.assertEqual(
            list(points.items()),
            [(1, 1), (2, 1 / 2), (3, 1 / 3), (4, 1 / 4), (5, 0.25), (5.5, 0.2), (6, 0.125)],
        )

    def test_points_are_not_saved_one_by_one_but_with_a_timed_stage(self) -> None:
        record = self.record()
        saves = 0
        save = Checkpoint.save

        def counted(checkpoint: Checkpoint, stage: str, state: Any) -> None:
            nonlocal saves
            saves += 1
            save(checkpoint, stage, state)

        with mock.patch.object(Checkpoint, "save", counted):
            with record.timed("stage"):
                for step in range(1000):
                    record.add_point("stage", "objective", step, 0.5)
                self.assertEqual(saves, 0)
            self.assertEqual(saves, 1)
            with mock.patch.object(record_module, "SECONDS_BETWEEN_SAVES", -1.0):
                record.add_point("stage", "objective", 1000, 0.5)
            self.assertEqual(saves, 2)
        self.assertEqual(len(self.record().curves["stage"]["objective"]), 1001)

    def test_the_seconds_of_a_killed_process_are_counted_up_to_its_last_save(self) -> None:
        now = 100.0
        with mock.patch.object(record_module.time, "monotonic", lambda: now):
            killed = self.record()
            with killed.timed("stage"):
                now = 130.0
                killed.flush()
                self.assertEqual(self.record().seconds, {"stage": 30.0})
                continued = self.record()
                with continued.timed("stage"):
                    now = 135.5
                self.assertEqual(self.record().seconds, {"stage": 35.5})

    def test_reads_a_record_from_before_there_were_curves(self) -> None:
        old = {"seconds": {"stage": 3.5}, "validation": {}}
        Checkpoint(self.folder, "settings").save("record", json.dumps(old))
        record = self.record()
        self.assertEqual((record.seconds, record.curves), ({"stage": 3.5}, {}))

    def test_keeps_values_that_are_not_finite_but_refuses_such_steps(self) -> None:
        record = self.record()
        record.add_point("stage", "objective", 1, math.inf)
        record.add_point("stage", "objective", 2, math.nan)
        record.flush()
        points = self.record().curves["stage"]["objective"]
        self.assertEqual(points[1], math.inf)
        self.assertTrue(math.isnan(points[2]))
        with self.assertRaisesRegex(ValueError, "step must be finite, but is nan"):
            record.add_point("stage", "objective", math.nan, 1)

    def test_panels_are_quantities_and_their_lines_parts(self) -> None:
        record = self.record()
        self.fill(record)
        found = [
            (stage, [(quantity, list(lines)) for quantity, lines in row.items()])
            for stage, row in panels(record.curves)
        ]
        self.assertEqual(
            found,
            [
                ("first", [("objective", ["one", "two"]), ("learning rate", [""])]),
                ("second", [("objective", [""])]),
            ],
        )

    @unittest.skipUnless(HAS_MATPLOTLIB, "matplotlib is not installed")
    def test_draws_every_stage_as_svg_and_equal_curves_equally(self) -> None:
        self.fill(self.record())
        out = self.folder / "pictures" / "curves.svg"
        arguments = ["curves", "--run-directory", str(self.folder), "--out", str(out)]
        self.assertEqual(main(arguments), 0)
        root = ElementTree.fromstring(out.read_text("utf-8"))
        self.assertTrue(root.tag.endswith("svg"))
        text = "".join(root.itertext())
        for title in (
            *("first: objective", "first: learning rate", "second: objective"),
            *("one", "two", "epoch"),
        ):
            self.assertIn(title, text)
        axes = [
            element.get("id", "")
            for element in root.iter()
            if element.get("id", "").startswith("axes_")
        ]
        self.assertEqual(len(axes), 3)
        self.assertEqual(draw(read_curves(self.folder)), out.read_bytes())

    def test_errors_are_told_in_one_line(self) -> None:
        self.assertRegex(self.error(self.folder), r"^error: .*: holds no run .*\n$")
        self.record().flush()
        self.assertRegex(
            self.error(self.folder), r"^error: .*: the run has recorded no curves yet\n$"
        )
        self.fill(self.record())
        with mock.patch.object(importlib, "import_module", side_effect=ImportError("none")):
            self.assertRegex(self.error(self.folder), r"^error: drawing needs matplotlib, .*\n$")
        (self.folder / "record.checkpoint").write_bytes(b"damaged")
        self.assertRegex(self.error(self.folder), r"^error: .*record cannot be read: .*\n$")

    def error(self, folder: Path) -> str:
        errors = io.StringIO()
        out = folder / "curves.svg"
        with contextlib.redirect_stderr(errors):
            arguments = ["curves", "--run-directory", str(folder), "--out", str(out)]
            self.assertEqual(main(arguments), 1)
        self.assertFalse(out.exists())
        return errors.getvalue()


if __name__ == "__main__":
    unittest.main()
