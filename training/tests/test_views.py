"""The command that says which other views of an image the race tries."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from abs_training.cli import main
from abs_training.search.assumptions import ViewRule
from abs_training.weights.weights_file import read_weights

WEIGHTS = Path(__file__).parents[2] / "weights" / "abs-mnist.safetensors"


class ViewsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "out.safetensors"
        self.words = ["views", "--weights", str(WEIGHTS), "--out", str(self.out)]

    def test_views_are_all_that_changes(self) -> None:
        self.assertEqual(main([*self.words, "--centred", "0.25,0.5"]), 0)
        before, after = read_weights(WEIGHTS), read_weights(self.out)
        self.assertEqual(after.assumptions.views.rules(), {"centred": ViewRule(0.25, 0.5)})
        self.assertEqual(after.calibration, before.calibration)
        self.assertEqual(
            after.training["views"]["command"],
            "python3 -m abs_training views --weights abs-mnist.safetensors --centred 0.25,0.5",
        )
        self.assertEqual(
            json.dumps({**after.assumptions.as_json(), "views": 0}, sort_keys=True),
            json.dumps({**before.assumptions.as_json(), "views": 0}, sort_keys=True),
        )

    def test_numbers_out_of_range_are_refused(self) -> None:
        for rule in ("-1,0.5", "0.1,2", "0.1,0"):
            errors = StringIO()
            with redirect_stderr(errors):
                self.assertEqual(main([*self.words, f"--filled={rule}"]), 1)
            self.assertIn("of the filled view is", errors.getvalue())
        self.assertFalse(self.out.exists())

    def test_a_rule_that_is_no_two_numbers_is_told_what_was_wanted(self) -> None:
        for rule in ("x", "0.1", "0.1,0.2,0.3", ""):
            errors = StringIO()
            with redirect_stderr(errors), self.assertRaises(SystemExit):
                main([*self.words, f"--filled={rule}"])
            self.assertIn(f"{rule!r} is not two numbers, DOUBT,SHARE", errors.getvalue())
