import contextlib
import dataclasses
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from abs_training.cli import main
from abs_training.confidence.evidence import PENALTIES, SINGLE_FEATURES, feature_count
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.images.data import IMAGES_MAGIC, read_idx
from abs_training.images.image_set_files import read_labels
from abs_training.search.inference import decode
from abs_training.race import steps
from abs_training.stages import class_epochs, discriminative_stage
from abs_training.storage.safetensors_file import read_safetensors
from abs_training.weights.weights_file import read_weights, write_weights
from tests.short_fits import fit_confidence_to_few_images, fit_gates_in
from tests.synthetic import NAMES, write_data_set

QUICK = [
    "--shape",
    "dense",
    "--latents",
    "2",
    "--pretraining-epochs",
    "1",
    "--vae-epochs",
    "1",
    "--discriminative-epochs",
    "2",
    "--prototypes",
    "6",
    "--class-names",
    ",".join(NAMES),
    "--coefficients",
    "8",
    "--surrogate-hidden",
    "4",
    "--proposal-hidden",
    "8",
    "--surrogate-steps",
    "4",
    "--proposal-steps",
    "4",
]
"""A training of seconds; its data are few enough for all its images."""


class Interruption(Exception):
    """Stands for a run that is stopped."""


def stand_in_evidence(sets: Path, rows: int) -> None:
    """What bench/confidence-evidence.ts would leave, which has the module search the images."""
    generator = np.random.default_rng(0)
    for name, labels in read_labels(sets).values():
        images = read_idx(sets / f"{name}-images-idx3-ubyte", IMAGES_MAGIC).values
        found = generator.uniform(0.02, 0.05, (len(images), rows))
        if labels is not None:
            found[np.arange(len(images)), labels.numpy()] -= 0.015
            found[:, 3] += 1
        found.tofile(sets / f"{name}-evidence.f64")
        found[:, :3].tofile(sets / f"{name}-binary-abs.f64")


class TrainingTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_data_set(self.folder, training=216, test=30)
        fit_confidence_to_few_images(self)
        fit_gates_in(self, steps=300)

    def call(self, *arguments: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(main(arguments), 0)
        return output.getvalue()

    def train(self, name: str, *arguments: str) -> Path:
        out = self.folder / f"{name}.safetensors"
        run = ["--run-directory", str(self.folder / name)]
        self.call("train", "--data", str(self.folder), "--out", str(out), *QUICK, *run, *arguments)
        return out

    def test_trains_evaluates_and_decodes(self) -> None:
        out = self.train("whole", "--workers", "1", "--vae-epochs", "8")
        weights = read_weights(out)
        self.assertEqual(weights.class_names, NAMES)
        assert weights.prototypes is not None
        self.assertEqual(tuple(weights.prototypes.shape), (3, 6, 2))
        self.assertEqual(
            list(weights.training["validation"]),
            ["autoencoders", "finished", "binary-abs"],
        )
        assert weights.binary_variant is not None
        self.assertEqual(len(weights.binary_variant.class_scales), 3)
        self.assertEqual(read_safetensors(out)[0]["layers.0.weight"].dtype, torch.int8)
        card = out.with_suffix(".md").read_text("utf-8")
        self.assertIn("horizontal, vertical, diagonal", card)
        self.assertIn(weights.training["command"], card)
        self.assertIn("stored as int8", card)
        self.assertIn("variant `binary-abs` | ", card)
        self.assertNotIn(str(self.folder), weights.training["command"] + card)

        evaluated = self.call(
            *("evaluate", "--weights", str(out), "--data", str(self.folder)),
            *("--split", "test", "--samples", "50", "--steps", "20", "--prototypes"),
        )
        self.assertRegex(evaluated, r"30 test images: accuracy (9|100)")
        binary = self.call(
            *("evaluate", "--weights", str(out), "--data", str(self.folder)),
            *("--variant", "binary-abs", "--samples", "50", "--steps", "20", "--prototypes"),
        )
        self.assertRegex(binary, r"18 validation images: accuracy (8|9|100)")
        self.assertNotEqual(binary[-40:], evaluated[-40:])

        latents = [[0.5, -1.0], [0.0, 2.0]]
        (self.folder / "latents.json").write_text(json.dumps(latents), "utf-8")
        printed = json.loads(
            self.call(
                *("decode", "--weights", str(out), "--latents", str(self.folder / "latents.json"))
            )
        )
        self.assertEqual(printed["classes"], NAMES)
        for images, decoder in zip(printed["images"], weights.decoders):
            expected = decode(decoder, torch.tensor(latents))
            torch.testing.assert_close(torch.tensor(images), expected)

    def test_the_race_is_fitted_as_the_command_does_it_afterwards(self) -> None:
        whole = read_weights(self.train("run", "--workers", "1"))
        assert whole.race is not None
        apart = self.train("run", "--workers", "1", "--without-race")
        self.assertIsNone(read_weights(apart).race)
        card = apart.with_suffix(".md").read_text("utf-8")
        self.assertNotIn("tables of the race", card)
        sizes = QUICK[QUICK.index("--coefficients") :]
        common = ["--weights", str(apart), "--data", str(self.folder), "--workers", "1"]
        self.call("race", *common, *sizes)
        later = read_weights(apart)
        assert later.race is not None
        self.assertEqual(set(later.race.tensors), set(whole.race.tensors))
        for name, tensor in whole.race.tensors.items():
            self.assertTrue(torch.equal(later.race.tensors[name], tensor), name)
        assert whole.calibrated is not None and later.calibrated is not None
        self.assertEqual(later.calibrated.as_json(), whole.calibrated.as_json())
        self.assertIn("tables of the race", apart.with_suffix(".md").read_text("utf-8"))

    def test_the_confidence_is_fitted_to_what_the_module_finds(self) -> None:
        out = self.train("found", "--workers", "1")
        before = read_weights(out)
        assert before.calibrated is not None and before.binary_variant is not None
        self.assertEqual(len(before.calibrated.centres), SINGLE_FEATURES)
        sets, later = self.folder / "sets", self.folder / "later.safetensors"
        names = ["--class-names", ",".join(NAMES)]
        self.call("fit-sets", "--data", str(self.folder), "--out", str(sets), *names)
        rows = 3 + feature_count(3) + len(PENALTIES)
        stand_in_evidence(sets, rows)
        fit = ["confidence", "--weights", str(out), "--evidence", str(sets), "--out", str(later)]
        self.assertIn("are rejected", self.call(*fit))
        after = read_weights(later)
        assert after.calibrated is not None and after.binary_variant is not None
        self.assertEqual(len(after.calibrated.centres), feature_count(3))
        self.assertEqual(after.binary_variant.class_scales, before.binary_variant.class_scales)
        self.assertNotEqual(after.binary_variant.calibration, before.binary_variant.calibration)
        self.assertEqual(after.calibration, before.calibration)
        judged = self.folder / "judged"
        few = ["--split", "validation", "--corrupted", "9", "--junk", "9"]
        self.call("confidence-sets", "--data", str(self.folder), "--out", str(judged), *few)
        stand_in_evidence(judged, rows)
        compare = ["compare-gates", "--weights", str(out), "--evidence", str(sets)]
        tried = ["--hidden-units", "4,8", "--gate-loss", "0.002"]
        compared = self.call(*compare, "--judged", str(judged), *tried)
        lines = compared.splitlines()
        self.assertEqual(len(lines), 2 + 4)
        self.assertIn("| halves |", lines[0])
        self.assertTrue(lines[-1].startswith("| gate loss 0.002 |"))
        swapped = io.StringIO()
        with contextlib.redirect_stderr(swapped):
            self.assertEqual(main([*compare, "--judged", str(sets)]), 1)
            compare[-1] = str(judged)
            self.assertEqual(main([*compare, "--judged", str(sets)]), 1)
        self.assertIn("lacks clean images, corrupted ones or junk", swapped.getvalue())
        self.assertIn("no labelled images of the kind 'corrupted'", swapped.getvalue())
        (sets / "clean-evidence.f64").write_bytes(bytes(8 * (rows + 1)))
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(main(fit), 1)
            (sets / "clean-evidence.f64").unlink()
            self.assertEqual(main(fit), 1)
            (sets / "sets.json").write_text("[]")
            self.assertEqual(main(fit), 1)
            (sets / "sets.json").unlink()
            self.assertEqual(main(fit), 1)
        self.assertIn(f"{rows + 1} numbers are not {rows} for each image", errors.getvalue())
        self.assertIn("clean-evidence.f64 is missing", errors.getvalue())
        self.assertIn("no labelled images of the kind 'clean'", errors.getvalue())
        self.assertIn("holds no sets.json", errors.getvalue())

    def test_storage_continues_from_the_same_stages(self) -> None:
        self.train("stored", "--workers", "1", "--without-race")
        with mock.patch.object(class_epochs, "_run_packed") as epoch:
            exact = self.train("stored", "--workers", "1", "--without-race", "--storage", "float32")
        epoch.assert_not_called()
        figures = self.call(
            *("storage", "--weights", str(exact), "--data", str(self.folder), "--limit", "12"),
            *("--storages", "float32,int8,int6-int8", "--workers", "1"),
        ).splitlines()
        self.assertIn("12 validation images", figures[0])
        rows = [line.strip("| ").split(" | ") for line in figures[3:]]
        self.assertEqual([row[0] for row in rows], ["float32", "int8", "int6-int8"])
        self.assertEqual(rows[0][3:6], ["0.000", "0.0000", "0"])
        sizes = [[int(cell.replace(",", "")) for cell in row[1:3]] for row in rows]
        self.assertLess(sizes[1][0], sizes[0][0] / 2)
        self.assertLess(sizes[2][1], sizes[1][1])

    def test_unreadable_choices_are_told(self) -> None:
        out = self.train("plain", "--workers", "1", "--without-race")
        without = dataclasses.replace(read_weights(out), binary_variant=None)
        write_weights(out, without)
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            common = ["--weights", str(out), "--data", str(self.folder)]
            self.assertEqual(main(["evaluate", *common, "--variant", "binary-abs"]), 1)
            self.assertEqual(main(["storage", *common, "--storages", "int9"]), 1)
        self.assertRegex(errors.getvalue(), r"has no variant binary-abs, only abs")
        self.assertRegex(errors.getvalue(), r"int9 is none of float32, float16, int8")

    def test_interrupted_runs_and_workers_do_not_change_the_weights(self) -> None:
        expected, _ = read_safetensors(
            self.train("whole", "--averaged-share", "0.5", "--workers", "2")
        )
        save = Checkpoint.save
        saves = 0

        def save_and_stop(checkpoint: Checkpoint, stage: str, state: Any) -> None:
            nonlocal saves
            save(checkpoint, stage, state)
            saves += stage != "record"
            if saves % 3 == 0 and stage != "record":
                raise Interruption

        interruptions = 0
        with contextlib.ExitStack() as patches:
            for module in (class_epochs, discriminative_stage, steps):
                patches.enter_context(mock.patch.object(module, "SECONDS_BETWEEN_SAVES", -1.0))
            patches.enter_context(mock.patch.object(Checkpoint, "save", save_and_stop))
            while True:
                try:
                    out = self.train("interrupted", "--averaged-share", "0.5", "--workers", "1")
                    break
                except Interruption:
                    interruptions += 1
                    self.assertLess(interruptions, 30)
        self.assertGreater(interruptions, 2)
        found, _ = read_safetensors(out)
        self.assertEqual(set(found), set(expected))
        for name, tensor in expected.items():
            self.assertTrue(torch.equal(found[name], tensor), name)

    def test_searching_anew_fading_attacks_and_averages_change_the_training(self) -> None:
        options: dict[str, list[str]] = {
            "as-usual": [],
            "never-anew": ["--searched-share", "0"],
            "never-fading": ["--attack-left", "1"],
            "averaged": ["--averaged-share", "0.5"],
        }
        usual, *others = (
            read_safetensors(
                self.train(name, "--storage", "float32", "--workers", "1", "--without-race", *words)
            )[0]
            for name, words in options.items()
        )
        for other in others:
            self.assertFalse(torch.equal(usual["layers.0.weight"], other["layers.0.weight"]))

    def test_the_discriminative_stage_starts_from_given_decoders_of_the_same_shape(self) -> None:
        settings = ["train", "--data", str(self.folder), *QUICK, "--without-race"]
        first, second = self.folder / "first.safetensors", self.folder / "second.safetensors"
        self.call(*settings, "--storage", "float32", "--out", str(first))
        untouched = ["--discriminative-epochs", "0", "--storage", "float32"]
        self.call(*settings, *untouched, "--decoders", str(first), "--out", str(second))
        given, taken = read_weights(first).decoders, read_weights(second).decoders
        for one, other in zip(given, taken):
            for name, values in one.state_dict().items():
                self.assertTrue(torch.equal(values, other.state_dict()[name]), name)
        self.assertIn("--decoders first.safetensors", read_weights(second).training["command"])
        self.assertIn("The decoders of the weights file", second.with_suffix(".md").read_text())
        third, mean = self.folder / "third.safetensors", self.folder / "mean.safetensors"
        short = ["--pretraining-epochs", "0", "--vae-epochs", "0", "--storage", "float32"]
        self.call(*settings, *short, "--decoders", str(first), "--out", str(third))
        self.assertIn("from those of the weights file", third.with_suffix(".md").read_text())
        both = ["--discriminative-epochs", "0", "--decoders", str(first), str(third)]
        self.call(*settings, *short, *both, "--out", str(mean))
        for one, two, between in zip(
            given, read_weights(third).decoders, read_weights(mean).decoders
        ):
            for name, values in between.state_dict().items():
                middle = (one.state_dict()[name] + two.state_dict()[name]) / 2
                torch.testing.assert_close(values, middle)
        card = mean.with_suffix(".md").read_text()
        self.assertIn("1. The mean of the decoders of the weights files", card)
        self.assertNotIn(" 0 epochs", card)
        self.assertNotIn("| autoencoders |", card)
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            wider = ["--latents", "3", "--decoders", str(first), "--out", str(self.folder / "o")]
            self.assertNotEqual(main([*settings, *wider]), 0)
        self.assertIn("2 latents", errors.getvalue())
        self.assertIn("wanted 3", errors.getvalue())

    def test_errors_are_told_in_one_line(self) -> None:
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            arguments = ["--data", str(self.folder / "none"), "--out", "x.safetensors"]
            self.assertEqual(main(["train", *arguments]), 1)
        self.assertRegex(errors.getvalue(), r"^error: .* holds neither .*\n$")

    def test_a_model_that_no_reader_takes_is_refused_before_training(self) -> None:
        errors = io.StringIO()
        run = ["--run-directory", str(self.folder / "run"), "--prototypes", "5000"]
        out = ["--data", str(self.folder), "--out", str(self.folder / "x.safetensors")]
        with contextlib.redirect_stderr(errors):
            self.assertEqual(main(["train", *out, *QUICK, *run]), 1)
        self.assertRegex(errors.getvalue(), "^error: 5000 prototypes for each of 3 classes")
        self.assertFalse((self.folder / "run").exists())


if __name__ == "__main__":
    unittest.main()
