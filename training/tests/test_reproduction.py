"""What training/README.md and the model card say about making the weights, held to the code."""

import argparse
import contextlib
import io
import re
import shlex
import tempfile
import unittest
from pathlib import Path

from abs_training.cli import main, parser
from abs_training.storage.safetensors_file import read_safetensors
from abs_training.weights.model_card import HAND_WRITTEN, model_card, write_model_card
from abs_training.weights.weights_file import read_weights
from tests.synthetic import write_data_set

TRAINING = Path(__file__).resolve().parents[1]
WEIGHTS = TRAINING.parent / "weights" / "abs-mnist.safetensors"
CARD = WEIGHTS.with_suffix(".md")


def command_under(heading: str, path: Path) -> list[str]:
    """The words after `python3 -m abs_training` of the first command under a heading."""
    section = path.read_text("utf-8").split(f"## {heading}\n")[1]
    found = re.search(r"```sh\npython3 -m abs_training (.*)\n```", section)
    assert found is not None, f"{path.name} has no command under {heading}"
    return shlex.split(found[1])


def readme_command() -> list[str]:
    return command_under("Reproduce the weights", TRAINING / "README.md")


def card_command() -> list[str]:
    return command_under("Recipe", CARD)


def settings_of(words: list[str]) -> argparse.Namespace:
    """What a command line asks for, apart from paths and from what does not change the result."""
    options = parser().parse_args(words)
    for name in ("data", "also", "junk", "out", "workers", "run_directory"):
        delattr(options, name)
    return options


class SettingsTest(unittest.TestCase):
    def test_the_readme_asks_for_what_the_card_says(self) -> None:
        self.assertEqual(settings_of(readme_command()), settings_of(card_command()))

    def test_the_tables_are_part_of_it(self) -> None:
        self.assertFalse(settings_of(readme_command()).without_race)

    def test_the_card_shows_the_command_that_the_weights_hold(self) -> None:
        training = read_weights(WEIGHTS).training
        self.assertEqual(
            ["python3", "-m", "abs_training", *card_command()], shlex.split(training["command"])
        )

    def test_the_readme_leaves_the_shipped_weights_alone(self) -> None:
        out = parser().parse_args(readme_command()).out
        self.assertNotEqual((TRAINING / out).resolve(), WEIGHTS)

    def test_the_card_is_what_the_trainer_prints_of_these_weights(self) -> None:
        printed = model_card(WEIGHTS, read_weights(WEIGHTS))
        # How well gzip packs depends on its library.
        gzip = re.compile(r"; [\d,]+ with gzip")
        written = CARD.read_text("utf-8").split(HAND_WRITTEN)[0]
        self.assertEqual(gzip.sub("", written), gzip.sub("", printed))

    def test_what_people_added_to_a_card_outlives_the_next_one(self) -> None:
        added = f"{HAND_WRITTEN}\nMeasured by hand.\n"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "card.md"
            path.write_text(f"# of earlier weights\n{added}", "utf-8")
            weights = read_weights(WEIGHTS)
            write_model_card(path, WEIGHTS, weights)
            self.assertEqual(path.read_text("utf-8"), model_card(WEIGHTS, weights) + added)


class CommandTest(unittest.TestCase):
    def test_both_commands_write_whole_weights(self) -> None:
        for name, words in (("README", readme_command()), ("card", card_command())):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                write_data_set(Path(folder), training=216, test=30)
                out = Path(folder) / "weights.safetensors"
                for option in ("--data", "--also", "--junk"):
                    words[words.index(option) + 1] = folder
                words[words.index("--out") + 1] = str(out)
                quick = ["--max-steps", "1", "--workers", "1", "--run-directory", f"{folder}/run"]
                errors = io.StringIO()
                with contextlib.redirect_stderr(errors):
                    self.assertEqual(main([*words, *quick]), 0, errors.getvalue())
                # The same tensors as the shipped ones have, whose reader wants all or none of the race's.
                self.assertEqual(set(read_safetensors(out)[0]), set(read_safetensors(WEIGHTS)[0]))
                weights, shipped = read_weights(out), read_weights(WEIGHTS)
                assert weights.race is not None and shipped.race is not None
                for table in ("race.basis", "race.mean"):
                    self.assertEqual(
                        weights.race.tensors[table].shape, shipped.race.tensors[table].shape
                    )
                self.assertIsNotNone(weights.calibrated)
                self.assertIsNotNone(weights.binary_variant)
                configuration = dict(weights.training["configuration"])
                self.assertEqual(configuration.pop("max_steps"), 1)
                expected = dict(shipped.training["configuration"])
                self.assertIsNone(expected.pop("max_steps"))
                self.assertEqual(configuration, expected)


if __name__ == "__main__":
    unittest.main()
