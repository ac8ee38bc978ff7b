import contextlib
import dataclasses
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from abs_training.baselines import onnx, training
from abs_training.baselines.adversarial_attack import (
    Attack,
    accuracy,
    perturb,
    random_start,
    robust_accuracy,
)
from abs_training.baselines.cnn import Cnn, read_cnn, read_history, write_cnn
from abs_training.baselines.training import ADVERSARIAL, PLAIN, BaselineTraining, Recipe
from abs_training.cli import main
from abs_training.commands import baselines
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import read_data_set, to_unit_range
from abs_training.storage.safetensors_file import WeightsFileError
from tests.synthetic import NAMES, write_data_set

MAPS = (4, 6, 8)


class Interruption(Exception):
    """Stands for a run that is stopped."""


def small(recipe: Recipe, **changes: Any) -> Recipe:
    """A recipe for quick tests."""
    return dataclasses.replace(recipe, **{"maps": MAPS, "epochs": 2, "batch": 20, **changes})


class CnnTest(unittest.TestCase):
    def test_shapes_and_sizes(self) -> None:
        for classes in (2, 10, 64):
            cnn = Cnn((16, 32, 64), [str(index) for index in range(classes)], batch_norm=False)
            self.assertEqual(tuple(cnn(torch.rand(3, 1, 28, 28)).shape), (3, classes))
        cnn = Cnn((16, 32, 64), NAMES, batch_norm=False)
        weights = (25 * 16, 16 * 16 * 32, 9 * 32 * 64, 25 * 64 * 3)
        self.assertEqual(cnn.parameter_count(), sum(weights) + 16 + 32 + 64 + 3)
        # Maps shrink to 24×24, 11×11, 5×5 and 1×1.
        expected = sum(count * side**2 for count, side in zip(weights, (24, 11, 5, 1)))
        self.assertEqual(cnn.multiplications(), expected)

    def test_folding_keeps_the_logits(self) -> None:
        torch.manual_seed(0)
        cnn = Cnn(MAPS, NAMES, batch_norm=True)
        for _ in range(5):
            cnn(3 * torch.rand(16, 1, 28, 28) - 1)
        with torch.no_grad():
            for norm in cnn.norms:
                norm.weight.uniform_(0.5, 2)
                norm.bias.uniform_(-1, 1)
        images = torch.rand(16, 1, 28, 28)
        torch.testing.assert_close(cnn.eval().folded()(images), cnn(images))

    def test_reads_what_it_wrote_and_refuses_other_files(self) -> None:
        torch.manual_seed(0)
        cnn = Cnn(MAPS, ["één", "a, b", "雨"], batch_norm=False)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cnn.safetensors"
            write_cnn(path, cnn, {"name": "plain"}, {"file": "00"})
            found = read_cnn(path)
            self.assertEqual(read_history(path), ({"name": "plain"}, {"file": "00"}))
            self.assertEqual(found.class_names, cnn.class_names)
            images = torch.rand(3, 1, 28, 28)
            self.assertTrue(torch.equal(found(images), cnn(images)))
            with torch.no_grad():
                next(cnn.parameters()).fill_(torch.nan)
            write_cnn(path, cnn, {}, {})
            with self.assertRaisesRegex(WeightsFileError, "not finite"):
                read_cnn(path)
            path.write_bytes(b"something else")
            with self.assertRaisesRegex(WeightsFileError, "not a readable safetensors file"):
                read_cnn(path)
            weights = Path(__file__).parents[2] / "weights" / "abs-mnist.safetensors"
            with self.assertRaisesRegex(WeightsFileError, "not of format .* baseline"):
                read_cnn(weights)


class AttackTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.cnn = Cnn(MAPS, NAMES, batch_norm=False).eval()
        # Values of 0 and 1 too, where the ball is cut off.
        self.images = (torch.rand(12, 1, 28, 28) * 2 - 0.5).clamp(0, 1)
        self.labels = torch.arange(12) % 3

    def objective(self, images: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return torch.nn.functional.cross_entropy(
                self.cnn(images), self.labels, reduction="none"
            )

    def test_stays_in_the_ball_and_in_range_and_raises_the_objective(self) -> None:
        attack = Attack(radius=0.3, step_size=0.1, steps=5)
        start = random_start(self.images, attack.radius, generator_for(0, "attack"))
        found = perturb(self.cnn, self.images, self.labels, attack, generator_for(0, "attack"))
        for points in (start, found):
            self.assertLessEqual(float((points - self.images).abs().max()), 0.3 + 1e-6)
            self.assertGreaterEqual(float(points.min()), 0)
            self.assertLessEqual(float(points.max()), 1)
        self.assertTrue(bool((self.objective(found) > self.objective(start)).all()))
        self.assertTrue(bool((self.objective(found) > self.objective(self.images)).all()))
        again = perturb(self.cnn, self.images, self.labels, attack, generator_for(0, "attack"))
        self.assertTrue(torch.equal(again, found))

    def test_leaves_the_weights_gradients_alone(self) -> None:
        perturb(self.cnn, self.images, self.labels, Attack(0.3, 0.1, 2), generator_for(0, "x"))
        self.assertTrue(all(parameter.grad is None for parameter in self.cnn.parameters()))

    def test_robust_accuracy_falls_with_the_radius_from_the_clean_accuracy(self) -> None:
        labels = self.cnn(self.images).argmax(1)
        labels[0] = (labels[0] + 1) % 3
        clean = accuracy(self.cnn, self.images, labels)
        self.assertAlmostEqual(clean, 11 / 12)
        found = [
            robust_accuracy(
                *(self.cnn, self.images, labels),
                *(Attack(radius, radius / 4, 10, 2), generator_for(0, "robust")),
            )
            for radius in (0.0, 1e-5, 0.9)
        ]
        self.assertEqual(found[0], clean)
        self.assertLessEqual(found[1], clean)
        self.assertLess(found[2], 0.5)


class TrainingTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_data_set(self.folder, training=216, test=30)
        # Keep progress bars out of the tests' output.
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def train(self, recipe: Recipe, name: str) -> BaselineTraining:
        return BaselineTraining(recipe, read_data_set(self.folder), self.folder / name)

    def test_an_interrupted_run_gives_the_same_weights_and_curves(self) -> None:
        for recipe in (small(PLAIN), small(ADVERSARIAL)):
            whole = self.train(recipe, f"{recipe.name} whole")
            expected = whole.run()
            save = Checkpoint.save
            saves = 0

            def save_and_stop(checkpoint: Checkpoint, stage: str, state: Any) -> None:
                nonlocal saves
                save(checkpoint, stage, state)
                saves += 1
                if saves % 12 == 0:
                    raise Interruption

            interruptions = 0
            with contextlib.ExitStack() as patches:
                patches.enter_context(mock.patch.object(training, "SECONDS_BETWEEN_SAVES", -1.0))
                patches.enter_context(mock.patch.object(Checkpoint, "save", save_and_stop))
                while True:
                    try:
                        run = self.train(recipe, f"{recipe.name} interrupted")
                        found = run.run()
                        break
                    except Interruption:
                        interruptions += 1
                        self.assertLess(interruptions, 30)
            self.assertGreater(interruptions, 1)
            for name, tensor in expected.state_dict().items():
                self.assertTrue(torch.equal(found.state_dict()[name], tensor), name)
            self.assertEqual(run.record.curves, whole.record.curves)
            self.assertIn("validation accuracy/clean", run.record.curves[recipe.name])

    def test_learns_to_tell_bars_apart_plainly_and_under_attack(self) -> None:
        data = read_data_set(self.folder)
        images = to_unit_range(data.validation.images)
        attack = Attack(0.1, 0.02, 10)
        found = {}
        for recipe in (
            small(PLAIN, epochs=12),
            small(ADVERSARIAL, epochs=25, attack=Attack(0.1, 0.05, 3), learning_rate=5e-3),
        ):
            cnn = self.train(recipe, recipe.name).run()
            self.assertGreaterEqual(accuracy(cnn, images, data.validation.labels), 0.9)
            found[recipe.name] = robust_accuracy(
                cnn, images, data.validation.labels, attack, generator_for(0, "robust")
            )
        self.assertGreater(found["adversarial"], 0.7)

    def test_the_attack_warms_up(self) -> None:
        full = ADVERSARIAL.attack
        assert full is not None
        half = ADVERSARIAL.attack_at(ADVERSARIAL.warm_up_share / 2)
        assert half is not None
        self.assertAlmostEqual(half.radius, full.radius / 2)
        self.assertAlmostEqual(half.step_size, full.step_size / 2)
        self.assertEqual(ADVERSARIAL.attack_at(ADVERSARIAL.warm_up_share), full)
        self.assertEqual(ADVERSARIAL.attack_at(1.0), full)
        self.assertIsNone(PLAIN.attack_at(0.5))

    def test_commands_write_models_and_card_and_measure(self) -> None:
        out = self.folder / "baselines"
        data = ["--data", str(self.folder)]
        names = ["--class-names", ",".join(NAMES)]
        run = ["--run-directory", str(self.folder / "runs")]
        printed = self.call("baselines", *data, *names, *run, "--out", str(out), "--max-steps", "2")
        self.assertRegex(printed, r"plain: 18 validation images: accuracy .* %; under attack")
        card = (out / "README.md").read_text("utf-8")
        for recipe in (PLAIN, ADVERSARIAL):
            path = out / f"{recipe.name}-cnn.safetensors"
            cnn = read_cnn(path)
            self.assertEqual((cnn.class_names, cnn.maps), (NAMES, recipe.maps))
            training, sha256 = read_history(path)
            self.assertEqual(training["images"], {"training": 198, "validation": 18})
            self.assertIn(training["command"], card)
            self.assertNotIn(str(self.folder), card + training["command"])
            for digest in sha256.values():
                self.assertIn(digest, card)
            golden = json.loads(path.with_suffix(".golden.json").read_text("utf-8"))
            images = to_unit_range(torch.tensor(golden["images"], dtype=torch.uint8))
            torch.testing.assert_close(cnn(images), torch.tensor(golden["logits"]))
            self.assertGreater(path.with_suffix(".onnx").stat().st_size, 4 * cnn.parameter_count())
        self.assertNotIn("| 30 test |", card)

        model = out / "plain-cnn.safetensors"
        evaluate = ["evaluate-baseline", "--model", str(model), *data, "--split", "test"]
        printed = self.call(*evaluate, "--attacked", "9", "--steps", "3", "--cite")
        self.assertRegex(printed, r"plain-cnn: 30 test images: accuracy .* first 9\) .* %\n$")
        self.assertIn("| 30 test |", (out / "README.md").read_text("utf-8"))
        # A model that was trained anew must not be cited with the old one's figures.
        self.call(
            *("baselines", *data, *names, *run, "--out", str(out), "--max-steps", "3"),
            *("--only", "plain"),
        )
        self.assertNotIn("| 30 test |", (out / "README.md").read_text("utf-8"))

    def test_errors_are_told_in_one_line(self) -> None:
        out = ["--out", str(self.folder / "out"), "--max-steps", "1"]
        self.assertRegex(self.error("baselines", "--data", "none", *out), "holds neither")
        with mock.patch.object(torch.onnx, "export", side_effect=RuntimeError("onnx is missing")):
            found = self.error("baselines", "--data", str(self.folder), *out)
        self.assertRegex(found, r"^error: PyTorch .* cannot write ONNX: onnx is missing\n$")
        self.assertFalse((self.folder / "out").exists())
        path = self.folder / "two.safetensors"
        write_cnn(path, Cnn(MAPS, ["a", "b"], batch_norm=False), {}, {})
        found = self.error(
            *("evaluate-baseline", "--model", str(path), "--data", str(self.folder)),
        )
        self.assertRegex(found, "an image has label 2, but the model has 2 classes")

    def test_asks_newer_versions_of_pytorch_for_the_exporter_that_needs_least(self) -> None:
        asked: dict[str, Any] = {}

        def export(model: Any, arguments: Any, file: Any, dynamo: bool = True, **rest: Any) -> None:
            asked.update(rest, dynamo=dynamo)

        with mock.patch.object(torch.onnx, "export", export):
            onnx.onnx_bytes(Cnn(MAPS, NAMES, batch_norm=False))
        self.assertIs(asked["dynamo"], False)
        self.assertGreaterEqual(asked["opset_version"], 13)

    def call(self, *arguments: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(main(arguments), 0)
        return output.getvalue()

    def error(self, *arguments: str) -> str:
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(main(arguments), 1)
        return errors.getvalue()


if __name__ == "__main__":
    unittest.main()
