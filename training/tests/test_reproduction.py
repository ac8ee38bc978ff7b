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
from tests.short_fits import fit_confidence_to_few_images, fit_gates_in
from tests.synthetic import write_data_set

TRAINING = Path(__file__).resolve().parents[1]
WEIGHTS = TRAINING.parent / "weights" / "abs-mnist.safetensors"
CARD = WEIGHTS.with_suffix(".md")


def commands_under(heading: str, path: Path) -> list[list[str]]:
    """The words after `python3 -m abs_training` of each command of the first block under a heading."""
    section = path.read_text("utf-8").split(f"## {heading}\n")[1]
    block = section.split("```sh\n")[1].split("```")[0]
    found = re.findall(r"^python3 -m abs_training (.*)$", block, re.MULTILINE)
    assert found, f"{path.name} has no command under {heading}"
    return [shlex.split(command) for command in found]


def readme_commands() -> list[list[str]]:
    """Each goes on from what the ones before it wrote; the last writes the shipped decoders."""
    return commands_under("Reproduce the weights", TRAINING / "README.md")


def card_command() -> list[str]:
    return commands_under("Recipe", CARD)[-1]


def in_folder(words: list[str], folder: Path) -> list[str]:
    """The command with data and results in a folder."""
    moved: list[str] = []
    option = ""
    for word in words:
        option = word if word.startswith("--") else option
        if option == word:
            moved.append(word)
        elif option in ("--data", "--also", "--junk"):
            moved.append(str(folder))
        elif option in ("--out", "--decoders"):
            moved.append(str(folder / Path(word).name))
        else:
            moved.append(word)
    return moved


def settings_of(words: list[str]) -> argparse.Namespace:
    """What a command line asks for, apart from paths and from what does not change the result."""
    options = parser().parse_args(words)
    for name in ("data", "also", "junk", "out", "workers", "run_directory"):
        delattr(options, name)
    options.decoders = [file.name for file in options.decoders]
    return options


class SettingsTest(unittest.TestCase):
    def test_the_readme_asks_for_what_the_card_says(self) -> None:
        self.assertEqual(settings_of(readme_commands()[-1]), settings_of(card_command()))

    def test_the_tables_are_part_of_it(self) -> None:
        self.assertFalse(settings_of(readme_commands()[-1]).without_race)

    def test_the_card_shows_the_command_that_the_weights_hold(self) -> None:
        training = read_weights(WEIGHTS).training
        self.assertEqual(
            ["python3", "-m", "abs_training", *card_command()], shlex.split(training["command"])
        )

    def test_the_readme_leaves_the_shipped_weights_alone(self) -> None:
        for command in readme_commands():
            out = parser().parse_args(command).out
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
    def test_the_commands_write_whole_weights(self) -> None:
        fit_confidence_to_few_images(self)
        fit_gates_in(self, steps=300)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_data_set(folder, training=216, test=30)
            commands = [*readme_commands(), card_command()]
            for number, words in enumerate(commands):
                out = folder / Path(parser().parse_args(words).out).name
                run = folder / f"run-{number}"
                # The last two, of README and card, write what is shipped; of the others only the decoders are read.
                ships = number >= len(commands) - 2
                quick = ["--max-steps", "1", "--workers", "1", "--run-directory", str(run)]
                quick += [] if ships else ["--without-race"]
                errors = io.StringIO()
                with contextlib.redirect_stderr(errors):
                    found = main([*in_folder(words, folder), *quick])
                    self.assertEqual(found, 0, errors.getvalue())
                if not ships:
                    continue
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
                # Named by their content, which is that of a quick check.
                self.assertNotEqual(configuration.pop("decoders"), expected.pop("decoders"))
                self.assertEqual(configuration, expected)


if __name__ == "__main__":
    unittest.main()
