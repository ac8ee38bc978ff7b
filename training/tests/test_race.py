import contextlib
import io
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import torch

from abs_training.cli import main
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.images.data import PIXELS, read_data_set
from abs_training.race.bank import COPIES, BankSizes, bank_of_latents, spoilt_copies
from abs_training.race.fit import mean_inverse_hessian, named_tables
from abs_training.race.proposal import fit_proposals
from abs_training.race.starts import RaceStarts
from abs_training.race.surrogate import fit_surrogates, foretold_errors, principal_basis
from abs_training.race.tables import RaceTables, restore_tables, store_tables
from abs_training.search.assumptions import Assumptions, Photometry
from abs_training.search.inference import decode, losses_at
from abs_training.storage.safetensors_file import read_safetensors
from abs_training.storage.stored_decoders import file_tensors
from abs_training.weights.weights_file import read_weights
from tests.short_fits import fit_confidence_to_few_images, fit_gates_in
from tests.synthetic import NAMES, write_data_set

LATENTS = 2


def small_decoders() -> list[Decoder]:
    torch.manual_seed(1)
    return [Decoder(NAMED_SHAPES["dense"], LATENTS, batch_norm=False) for _ in NAMES]


class PartsTest(unittest.TestCase):
    def test_coefficients_and_what_lies_outside_make_up_the_image(self) -> None:
        torch.manual_seed(2)
        images = torch.rand(50, PIXELS)
        basis = principal_basis(images, 8, Assumptions())
        self.assertTrue(torch.allclose(basis.rows @ basis.rows.T, torch.eye(8), atol=1e-5))
        found, outside = basis.coefficients(images)
        rest = images - basis.mean - found @ basis.rows
        self.assertTrue(torch.allclose(rest.square().sum(1), outside, atol=1e-3))

    def test_a_share_of_the_copies_is_spoilt(self) -> None:
        torch.manual_seed(3)
        images = torch.rand(40, 28, 28)
        copies = spoilt_copies(images, 1, 0.25)
        changed = (copies != images).flatten(1).any(1)
        self.assertFalse(bool(changed[:30].any()))
        self.assertGreater(int(changed[30:].sum()), 7)
        self.assertGreaterEqual(float(copies.min()), 0)
        self.assertLessEqual(float(copies.max()), 1)

    def test_the_inverse_hessian_is_that_of_the_loss(self) -> None:
        decoder = small_decoders()[0]
        latent = torch.tensor([[0.3, -0.4]])
        # Where the image is the reconstruction itself, the Gauss–Newton Hessian is the whole one.
        image = decode(decoder, latent)
        hessian = torch.autograd.functional.hessian(
            lambda z: losses_at(decoder, image, z.unsqueeze(0), Assumptions()).sum(), latent[0]
        )
        found = mean_inverse_hessian(decoder, latent, Assumptions())
        expected = torch.linalg.inv(torch.as_tensor(hessian))
        self.assertLess(float((found - expected).norm() / expected.norm()), 0.01)


class FitTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_data_set(self.folder, training=216, test=30)
        fit_confidence_to_few_images(self)
        fit_gates_in(self, steps=300)

    def call(self, *arguments: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(main(arguments), 0)

    def test_sizes_that_no_reader_takes_are_refused(self) -> None:
        for option, value in (
            ("--coefficients", "7"),
            ("--surrogate-hidden", "0"),
            ("--proposal-hidden", "1028"),
            ("--candidates", "9"),
        ):
            words = ["race", "--weights", "w", "--data", "d", option, value]
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                with self.assertRaises(SystemExit):
                    main(words)
            self.assertIn(f"argument {option}", errors.getvalue())

    def test_surrogates_foretell_losses(self) -> None:
        for assumptions in (
            Assumptions(),
            Assumptions(response=1.5, photometry=Photometry(10, 1)),
            Assumptions(photometry=Photometry(10, 1), tolerance=1.0),
        ):
            with self.subTest(assumptions):
                self._foretell(assumptions)

    def _foretell(self, assumptions: Assumptions) -> None:
        decoders = small_decoders()
        training = read_data_set(self.folder, None, NAMES).training
        starts = [torch.randn(10, LATENTS) for _ in decoders]
        bank = bank_of_latents(decoders, starts, assumptions, training, BankSizes(60, 100), 0, 1)
        images = bank[0].images
        self.assertEqual(len(bank[0].latents), COPIES * len(images) + 100)
        decoded = torch.cat([decode(d, b.latents) for d, b in zip(decoders, bank)])
        basis = principal_basis(decoded, 8, assumptions)
        identity = basis.rows @ basis.rows.T
        torch.testing.assert_close(identity, torch.eye(8), rtol=0, atol=1e-4)
        with contextlib.redirect_stderr(io.StringIO()):
            surrogates = fit_surrogates(decoders, bank, basis, 16, 600, assumptions, 0)
        latents = torch.stack([own.latents[: len(images)] for own in bank])
        coefficients, outside = basis.coefficients(images)
        with torch.no_grad():
            found = surrogates.losses(coefficients, outside, latents, assumptions)[0]
            plain = replace(assumptions, tolerance=None)
            expected = losses_at(decoders[0], images, latents[0], plain)
        self.assertLess(float((found - expected).abs().mean()), 0.05 * float(expected.mean()))
        with contextlib.redirect_stderr(io.StringIO()):
            proposals = fit_proposals(surrogates, coefficients, outside, 2, 8, assumptions, 200, 0)
        tables = RaceTables(named_tables(basis, surrogates, proposals, torch.zeros(3, 2, 2)))
        begun = RaceStarts(tables, len(NAMES), LATENTS, assumptions).best(images)
        foretold = surrogates.losses(coefficients, outside, begun, assumptions)
        proposed = proposals(coefficients).permute(1, 2, 0, 3)
        for candidate in range(2):
            first = surrogates.losses(coefficients, outside, proposed[:, candidate], assumptions)
            self.assertLessEqual(float((foretold - first).mean()), 1e-6)

    def test_a_basis_foretells_what_it_holds_exactly(self) -> None:
        assumptions = Assumptions(photometry=Photometry(10, 2))
        basis = principal_basis(torch.rand(40, 784), 20, assumptions)
        found, coefficients = torch.randn(2, 6, 20)
        decoded, images = found @ basis.rows, coefficients @ basis.rows
        torch.testing.assert_close(
            foretold_errors(found, coefficients, assumptions),
            assumptions.errors(decoded, images),
            rtol=1e-3,
            atol=1e-3,
        )

    def test_the_command_adds_tables_that_stay_as_they_are_stored(self) -> None:
        out = self.folder / "weights.safetensors"
        self.call(
            *(
                "train",
                "--data",
                str(self.folder),
                "--out",
                str(out),
                "--class-names",
                ",".join(NAMES),
            ),
            *(
                "--shape",
                "dense",
                "--latents",
                "2",
                "--prototypes",
                "6",
                "--max-steps",
                "2",
                "--without-race",
            ),
            *("--run-directory", str(self.folder / "run"), "--workers", "1"),
        )
        before = read_weights(out)
        self.assertIsNone(before.race)
        sizes = [
            "--surrogate-hidden",
            "1024",
            "--proposal-hidden",
            "1024",
            "--coefficients",
            "1024",
        ]
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            words = ["race", "--weights", str(out), "--data", str(self.folder), *sizes]
            self.assertEqual(main(words), 1)
        self.assertRegex(errors.getvalue(), r"^error: \d+,\d{3},\d{3} numbers in all tensors")
        self.call(
            *("race", "--weights", str(out), "--data", str(self.folder), "--coefficients", "8"),
            *("--surrogate-hidden", "4", "--proposal-hidden", "8", "--candidates", "3"),
            *("--surrogate-steps", "3", "--proposal-steps", "3", "--workers", "1"),
        )
        after = read_weights(out)
        assert after.race is not None
        self.assertEqual(after.race.tensors["race.basis"].shape, (1, PIXELS, 8))
        self.assertEqual(after.race.tensors["race.proposal.second.bias"].shape, (1, 3 * 3 * 2))
        tensors, _ = read_safetensors(out)
        again = file_tensors(store_tables(restore_tables(tensors)))
        for name, tensor in again.items():
            self.assertTrue(torch.equal(tensor, tensors[name]), name)
        # The decoders and their storage are left alone.
        self.assertEqual(after.storage, before.storage)
        for one, other in zip(before.decoders, after.decoders):
            for value, same in zip(one.state_dict().values(), other.state_dict().values()):
                self.assertTrue(torch.equal(value, same))

    def test_the_command_gives_decoders_another_loss(self) -> None:
        out = self.folder / "weights.safetensors"
        self.call(
            *("train", "--data", str(self.folder), "--out", str(out)),
            *("--class-names", ",".join(NAMES), "--shape", "dense", "--latents", "2"),
            *("--prototypes", "6", "--max-steps", "2", "--without-race", "--response", "1.5"),
            *("--photometry", "10,1", "--attack-shares", "0.3,0.3,0.3", "--noisy-share", "0.5"),
            *("--run-directory", str(self.folder / "run"), "--workers", "1"),
        )
        before = read_weights(out)
        self.assertEqual(before.assumptions, Assumptions(1.0, 5.0, 1.5, Photometry(10, 1)))
        self.assertIn("--photometry 10,1", before.training["command"])
        self.call(
            *("race", "--weights", str(out), "--data", str(self.folder), "--coefficients", "8"),
            *("--surrogate-hidden", "4", "--proposal-hidden", "8", "--candidates", "3"),
            *("--surrogate-steps", "3", "--proposal-steps", "3", "--workers", "1"),
            *("--beta", "0.5", "--photometry", "none", "--tolerance", "0.8"),
        )
        after = read_weights(out)
        self.assertEqual(after.assumptions, Assumptions(0.5, 5.0, 1.5, None, 0.8))
        self.assertIn(
            "--beta 0.5 --photometry none --tolerance 0.8", after.training["race"]["command"]
        )
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            words = ["race", "--weights", str(out), "--data", str(self.folder)]
            self.assertEqual(main([*words, "--response", "0.5"]), 1)
        self.assertIn("the response's slope is 0.5, but must be from 1 to 1000", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
