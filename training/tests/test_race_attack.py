import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import torch
from torch import Tensor

from abs_training.cli import main
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.images.data import IMAGES_MAGIC, LABELS_MAGIC, PIXELS, read_idx
from abs_training.race.attack import (
    Ball,
    CheapStages,
    Foretold,
    RaceAttack,
    Truth,
    attack_race,
    foretold,
    leads,
    rounded_towards,
)
from abs_training.race.fit import mean_inverse_hessian, named_tables
from abs_training.race.networks import RaceNetworks, networks_of
from abs_training.race.proposal import Proposals
from abs_training.race.starts import RaceStarts
from abs_training.race.surrogate import Surrogates, principal_basis
from abs_training.race.tables import RaceTables
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import decode
from tests.short_fits import fit_confidence_to_few_images, fit_gates_in
from tests.synthetic import NAMES, bars, write_data_set

LATENTS, COEFFICIENTS, CANDIDATES = 3, 8, 2
BALLS = (Ball(0.7, "L2"), Ball(0.08, "Linf"))


def small_model() -> tuple[list[Decoder], RaceTables]:
    """Three decoders, and tables for a race that foretell nothing of them."""
    torch.manual_seed(1)
    decoders = [Decoder(NAMED_SHAPES["dense"], LATENTS, batch_norm=False) for _ in NAMES]
    for decoder in decoders:
        decoder.requires_grad_(False)
    decoded = torch.cat([decode(decoder, torch.randn(40, LATENTS)) for decoder in decoders])
    basis = principal_basis(decoded, COEFFICIENTS, Assumptions())
    surrogates = Surrogates(len(NAMES), LATENTS, 12, COEFFICIENTS).requires_grad_(False)
    proposals = Proposals(COEFFICIENTS, 12, len(NAMES), CANDIDATES, LATENTS).requires_grad_(False)
    metrics = torch.stack(
        [
            mean_inverse_hessian(decoder, torch.randn(20, LATENTS), Assumptions())
            for decoder in decoders
        ]
    )
    return decoders, RaceTables(named_tables(basis, surrogates, proposals, metrics))


def change_of(images: Tensor, originals: Tensor, norm: str) -> float:
    change = images - originals
    return float(change.abs().max() if norm == "Linf" else change.norm(dim=1).max())


class AttackTest(unittest.TestCase):
    def setUp(self) -> None:
        self.decoders, self.tables = small_model()
        self.networks: RaceNetworks = networks_of(self.tables, len(NAMES), LATENTS)
        images, labels = bars(24, 3)
        self.images = torch.from_numpy(images).float().flatten(1) / 255
        self.labels = torch.from_numpy(labels).long()

    def attacked(self, attack: RaceAttack, seed: int = 0, truth: bool = False) -> Tensor:
        stages = CheapStages(self.networks, Assumptions(), attack.updates)
        starts = RaceStarts(self.tables, len(NAMES), LATENTS, Assumptions())
        followed = Truth(self.decoders, Assumptions(), starts) if truth else None
        with contextlib.redirect_stderr(io.StringIO()):
            return attack_race(stages, self.images, self.labels, attack, seed, followed)

    def test_without_updates_the_stages_are_proposals_seen_by_surrogates(self) -> None:
        found, outside = self.networks.basis.coefficients(self.images)
        proposed = self.networks.proposals(found)
        expected = torch.stack(
            [
                self.networks.surrogates.losses(
                    found, outside, proposed[:, :, candidate].transpose(0, 1), Assumptions()
                ).T
                for candidate in range(CANDIDATES)
            ]
        ).amin(0)
        losses = CheapStages(self.networks, Assumptions(), 0).losses(
            self.images.requires_grad_(True)
        )
        torch.testing.assert_close(losses, expected)

    def test_every_update_foretells_less(self) -> None:
        images = self.images.requires_grad_(True)
        before = CheapStages(self.networks, Assumptions(), 0).losses(images)
        for updates in (1, 2, 4):
            after = CheapStages(self.networks, Assumptions(), updates).losses(images)
            self.assertTrue(bool((after <= before).all()))
            self.assertLess(float(after.mean()), float(before.mean()))
            before = after

    def test_the_derivative_is_that_of_the_whole_search(self) -> None:
        stages = CheapStages(self.networks, Assumptions(), 2)
        variable = self.images.requires_grad_(True)
        (gradients,) = torch.autograd.grad(stages.losses(variable).sum(), variable)
        direction = gradients / gradients.norm(dim=1, keepdim=True)
        step = 0.02
        ahead = stages.losses(variable + step * direction).sum(1)
        behind = stages.losses(variable - step * direction).sum(1)
        slopes = (ahead - behind) / (2 * step)
        # A few of the images lie at a kink, where another candidate or another step takes over.
        errors = (slopes / gradients.norm(dim=1) - 1).abs()
        self.assertLess(float(errors.median()), 0.01)

    def test_the_lead_grows_in_the_ball_and_the_image_stays_inside(self) -> None:
        stages = CheapStages(self.networks, Assumptions(), 2)
        before = leads(stages, self.images, self.labels)
        for ball in BALLS:
            with self.subTest(str(ball)):
                attack = RaceAttack(ball, steps=8, restarts=2, updates=2)
                found = self.attacked(attack)
                after = leads(stages, found, self.labels)
                self.assertTrue(bool((after > before).all()))
                self.assertLessEqual(
                    change_of(found, self.images, ball.norm), ball.radius * (1 + 1e-5)
                )
                self.assertGreater(change_of(found, self.images, ball.norm), 0.5 * ball.radius)
                self.assertTrue(bool(((found >= 0) & (found <= 1)).all()))
                self.assertTrue(torch.equal(found, self.attacked(attack)))

    def test_a_random_change_of_the_same_size_leads_less(self) -> None:
        stages = CheapStages(self.networks, Assumptions(), 2)
        ball = BALLS[0]
        found = self.attacked(RaceAttack(ball, steps=8, restarts=1, updates=2))
        by_chance = ball.random_point(self.images, torch.Generator().manual_seed(1))
        self.assertGreater(
            float(leads(stages, found, self.labels).mean()),
            float(leads(stages, by_chance, self.labels).mean()),
        )

    def test_random_points_lie_in_the_ball(self) -> None:
        for ball in BALLS:
            points = ball.random_point(self.images, torch.Generator().manual_seed(1))
            self.assertLessEqual(
                change_of(points, self.images, ball.norm), ball.radius * (1 + 1e-5)
            )
            self.assertTrue(bool(((points >= 0) & (points <= 1)).all()))

    def test_deceit_needs_a_lead_and_the_truth_to_say_otherwise(self) -> None:
        losses = torch.tensor([[0.05, 0.02, 0.03], [0.05, 0.02, 0.03], [0.025, 0.02, 0.03]])
        found = foretold(losses, torch.tensor([0, 0, 0]))
        self.assertIsInstance(found, Foretold)
        torch.testing.assert_close(found.lead, torch.tensor([0.03, 0.03, 0.005]))
        deceit = found.deceit(torch.tensor([0.015, 0.04, 0.015]))
        torch.testing.assert_close(deceit, torch.tensor([0.005, -0.02, -0.005]))

    def test_following_the_truth_deceives_more(self) -> None:
        ball = Ball(3.0, "L2")
        attack = RaceAttack(ball, steps=10, restarts=1, updates=1)
        stages = CheapStages(self.networks, Assumptions(), 1)
        starts = RaceStarts(self.tables, len(NAMES), LATENTS, Assumptions())
        truth = Truth(self.decoders, Assumptions(), starts)

        def deceit(images: Tensor) -> Tensor:
            with_truth = truth.follow(images, self.labels).losses(images)
            variable = images.detach().requires_grad_(True)
            return foretold(stages.losses(variable), self.labels).deceit(with_truth)

        followed = self.attacked(attack, truth=True)
        self.assertGreater(float(deceit(followed).mean()), float(deceit(self.images).mean()))
        self.assertLessEqual(change_of(followed, self.images, "L2"), 3.0 * (1 + 1e-5))

    def test_rounding_gives_bytes_and_leaves_no_ball(self) -> None:
        for ball in BALLS:
            found = self.attacked(RaceAttack(ball, steps=3, restarts=1, updates=1))
            rounded = rounded_towards(self.images, found)
            self.assertTrue(torch.allclose((rounded * 255).round() / 255, rounded, atol=1e-6))
            self.assertTrue(
                bool(((rounded - self.images).abs() <= (found - self.images).abs() + 1e-5).all())
            )
            self.assertLessEqual(change_of(rounded, found, "Linf"), 1 / 255 + 1e-5)
        self.assertLess(
            change_of(rounded_towards(self.images, self.images), self.images, "L2"), 1e-5
        )


class CommandTest(unittest.TestCase):
    def setUp(self) -> None:
        fit_confidence_to_few_images(self)
        fit_gates_in(self, steps=300)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_data_set(self.folder, training=216, test=30)
        self.weights = self.folder / "weights.safetensors"
        self.call(
            *("train", "--data", str(self.folder), "--out", str(self.weights)),
            *("--shape", "dense", "--latents", "2", "--prototypes", "6", "--max-steps", "2"),
            *("--run-directory", str(self.folder / "run"), "--workers", "1", "--without-race"),
        )

    def call(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                self.assertEqual(main(arguments), status)
        return out.getvalue(), errors.getvalue()

    def attack(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        words = ("attack-race", "--weights", str(self.weights), "--data", str(self.folder))
        out = ("--out", str(self.folder / "sets"))
        return self.call(*words, *out, *arguments, status=status)

    def test_it_needs_tables_and_writes_sets_within_their_balls(self) -> None:
        _, errors = self.attack(status=1)
        self.assertIn("has no tables for a race", errors)
        self.call(
            *("race", "--weights", str(self.weights), "--data", str(self.folder)),
            *("--coefficients", "8", "--surrogate-hidden", "4", "--proposal-hidden", "8"),
            *("--surrogate-steps", "3", "--proposal-steps", "3", "--workers", "1"),
        )
        search = ("--limit", "12", "--steps", "4", "--restarts", "1", "--updates", "1")
        for extra, kind in (((), "attack"), (("--follow-truth",), "deceit")):
            balls = ("--radius", "0.5", "--radius", "1", "--pixel-radius", "0.1")
            out, _ = self.attack(*balls, *search, *extra)
            self.assertIn("12 validation images", out)
            listed = json.loads((self.folder / "sets" / "sets.json").read_text("utf-8"))
            names = [f"{kind} L2 0.5", f"{kind} L2 1", f"{kind} Linf 0.1"]
            self.assertEqual([one["kind"] for one in listed], names)
            training = read_idx(self.folder / "train-images-idx3-ubyte.gz", IMAGES_MAGIC).values
            labels = read_idx(self.folder / "train-labels-idx1-ubyte", LABELS_MAGIC).values
            originals = torch.from_numpy(training[-18:][:12].copy()).float().flatten(1) / 255
            for one, (norm, radius) in zip(listed, (("L2", 0.5), ("L2", 1.0), ("Linf", 0.1))):
                path = self.folder / "sets" / f"{one['images']}-images-idx3-ubyte"
                moved = torch.from_numpy(read_idx(path, IMAGES_MAGIC).values.copy()).float()
                moved = moved.reshape(-1, PIXELS) / 255
                self.assertLessEqual(change_of(moved, originals, norm), radius + 1e-5)
                self.assertGreater(change_of(moved, originals, norm), 0)
                path = self.folder / "sets" / f"{one['images']}-labels-idx1-ubyte"
                written = read_idx(path, LABELS_MAGIC).values
                self.assertEqual(written.tolist(), labels[-18:][:12].tolist())

    def test_radii_that_are_no_ball_are_refused(self) -> None:
        for option in ("--radius", "--pixel-radius"):
            with self.assertRaises(SystemExit):
                with contextlib.redirect_stderr(io.StringIO()):
                    main(
                        ["attack-race", "--weights", "w", "--data", "d", "--out", "o", option, "0"]
                    )


if __name__ == "__main__":
    unittest.main()
