import json
import unittest
from dataclasses import replace

import torch
from torch import Tensor

from abs_training.confidence.fit import OWN, TRAINING_SHARES, fit_to_evidence
from abs_training.confidence.gate_fit import GateSettings
from abs_training.confidence.sets import JUNK_IN_UNEVEN_LIGHT
from abs_training.confidence.evidence import (
    FEATURES,
    KNOWN_FEATURES,
    PENALTIES,
    Evidence,
    evidence_of,
    feature_count,
    joined,
)
from abs_training.confidence.model import calibrated_from_json
from abs_training.confidence.redrawing import redraw
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import DataError
from abs_training.measures.confidence_figures import calibration_error, separation
from abs_training.measures.gate_report import Judged, compared_gates, held_out
from abs_training.search.bfgs import descend
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import LatentSearch, StartTable
from abs_training.storage.six_bits import as_text, from_text
from tests.golden_confidence import GOLDEN, golden, model, redrawings
from tests.short_fits import fit_gates_in


def made_up(count: int, classes: int, shift: float, name: str) -> tuple[Evidence, Tensor]:
    """Evidence whose features lie around `shift`, and labels of which most have the lowest loss."""
    generator = generator_for(0, name)
    labels = torch.randint(0, classes, (count,), generator=generator)
    losses = 0.04 + 0.005 * torch.randn(count, classes, generator=generator).double()
    losses[torch.arange(count), labels] -= 0.015
    features = shift + torch.randn(count, feature_count(classes), generator=generator).double()
    penalties = torch.rand(count, len(PENALTIES), generator=generator).double() + max(shift, 0)
    return Evidence(losses, 5 + 5 * penalties[:, 1], features, penalties), labels


class ModelTest(unittest.TestCase):
    def test_golden_numbers(self) -> None:
        expected = json.loads(GOLDEN.read_text("utf-8"))
        found = golden()
        self.assertEqual(found["calibrated"], expected["calibrated"])
        for key in ("features", "probabilities"):
            torch.testing.assert_close(torch.tensor(found[key]), torch.tensor(expected[key]))

    def test_json_and_back(self) -> None:
        evidence = evidence_of(redrawings())
        again = calibrated_from_json(json.loads(json.dumps(model().as_json())), 3)
        self.assertTrue(torch.equal(again.probabilities(evidence), model().probabilities(evidence)))
        with self.assertRaisesRegex(ValueError, "features that are not known"):
            calibrated_from_json({**model().as_json(), "features": ["margin"]}, 3)

    def test_hidden_units_in_six_bits_are_checked(self) -> None:
        stored = model().as_json()
        texts = stored["hidden_weights"]
        for change, message in (
            ({"hidden_weights": texts[1:]}, "not 3 texts of 118 characters"),
            ({"hidden_weights": [texts[0][1:], *texts[1:]]}, "not 3 texts of 118 characters"),
            ({"hidden_weights": [[1.0] * 118] * 3}, "not 3 texts of 118 characters"),
            ({"hidden_weights": ["/" * 118, *texts[1:]]}, "substring not found"),
            ({"hidden_scales": [1, 0, 1]}, "not all positive"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                calibrated_from_json({**stored, **change}, 3)

    def test_six_bits(self) -> None:
        every = list(range(-31, 32))
        self.assertEqual(from_text(as_text(every)), every)
        for multiple in (-32, 32):
            with self.assertRaisesRegex(ValueError, f"{multiple} is no multiple from -31 to 31"):
                as_text([multiple])
        for text in ("/", "?", "ä"):
            with self.assertRaises(ValueError):
                from_text(text)

    def test_a_file_may_look_at_the_first_features_alone(self) -> None:
        whole, evidence = model(), evidence_of(redrawings())
        for names in KNOWN_FEATURES:
            count = feature_count(3, names)
            first = replace(
                whole,
                centres=whole.centres[:count],
                spreads=whole.spreads[:count],
                hidden_weights=whole.hidden_weights[:, :count],
            )
            stored = first.as_json()
            self.assertEqual(stored["features"], list(FEATURES[:names]))
            again = calibrated_from_json(json.loads(json.dumps(stored)), 3)
            self.assertTrue(
                torch.equal(again.probabilities(evidence), first.probabilities(evidence))
            )

    def test_far_from_the_data_all_classes_are_equal(self) -> None:
        evidence = evidence_of(redrawings())
        far = replace(evidence, penalties=evidence.penalties + 1e5)
        expected = torch.full((3, 3), 1 / 3, dtype=torch.float64)
        torch.testing.assert_close(model().probabilities(far), expected)

    def test_probabilities_keep_the_order_of_the_losses(self) -> None:
        evidence, _ = made_up(200, 3, 0.0, "order")
        found = model().probabilities(evidence)
        torch.testing.assert_close(found.sum(1), torch.ones(200, dtype=torch.float64))
        self.assertTrue(torch.equal(found.argmax(1), evidence.labels))


class FitTest(unittest.TestCase):
    def setUp(self) -> None:
        # Made-up evidence is told apart after fewer steps than images.
        fit_gates_in(self, steps=1500)

    def test_few_images_take_few_steps(self) -> None:
        settings = GateSettings(steps=12000, passes=200, batch=2048)
        self.assertEqual(settings.steps_for(170_000), 12000)
        self.assertEqual(settings.steps_for(10_240), 1000)
        self.assertEqual(settings.steps_for(1), 1)
        self.assertEqual(settings.limited(300).steps_for(10_240), 300)

    def test_tells_junk_and_is_calibrated(self) -> None:
        clean, labels = made_up(1500, 5, -1.0, "clean")
        spoilt, spoilt_labels = made_up(1500, 5, -0.7, "spoilt")
        junk = {kind: made_up(300, 5, 1.0, kind)[0] for kind in ("black", "letters")}
        evidence = {"clean": clean, "corrupted": spoilt, **junk}
        all_labels = {"clean": labels, "corrupted": spoilt_labels}
        for kind in TRAINING_SHARES:
            shift = -1.0 if kind == "training" else -0.7
            evidence[kind], all_labels[kind] = made_up(3000, 5, shift, kind)
        found = fit_to_evidence(evidence, all_labels, 0)
        self.assertEqual(fit_to_evidence(evidence, all_labels, 0).as_json(), found.as_json())
        self.assertGreater(float(found.penalties.min()), 0)

        held_out, held_out_labels = made_up(1500, 5, -1.0, "held out")
        confidences = found.confidences(held_out)
        correct = held_out.labels == held_out_labels
        self.assertLess(calibration_error(confidences, correct), 0.03)
        self.assertLess(float(found.rejects(held_out).double().mean()), 0.03)
        other_junk, _ = made_up(300, 5, 1.0, "other junk")
        self.assertGreater(float(found.rejects(other_junk).double().mean()), 0.99)
        self.assertGreater(separation(confidences, found.confidences(other_junk)).auroc, 0.99)

    def test_compares_settings_on_junk_that_is_held_out(self) -> None:
        evidence: dict[str, Evidence] = {}
        labels: dict[str, Tensor] = {}
        for kind in OWN:
            evidence[kind], labels[kind] = made_up(400, 5, -1.0, kind)
        evidence["letters"] = made_up(100, 5, 1.0, "letters")[0]
        # The last fifth of a folder is of another sort, which only these images can teach.
        first, last = made_up(160, 5, 1.0, "first")[0], made_up(40, 5, -1.0, "last")[0]
        last.features[:, 3] += 4
        evidence["fonts"] = joined([first, last])
        fitted, apart = held_out(Judged(evidence, labels), 0.2)
        self.assertEqual(list(apart.evidence), ["fonts held out"])
        self.assertTrue(torch.equal(apart.evidence["fonts held out"].losses, last.losses))
        self.assertTrue(torch.equal(fitted.evidence["fonts"].losses, first.losses))
        self.assertEqual(len(fitted.evidence["letters"]), 100)

        # What was lit again is parted as its originals are, kind by kind.
        signs = made_up(50, 5, 1.0, "signs")[0]
        lit = joined([evidence["letters"], evidence["fonts"], signs])
        more = Judged({**evidence, "signs": signs, JUNK_IN_UNEVEN_LIGHT: lit}, labels)
        kept_with, apart_with = held_out(more, 0.2)
        kept_of = [kept_with.evidence[kind] for kind in ("letters", "fonts", "signs")]
        apart_of = [apart_with.evidence[f"{kind} held out"] for kind in ("fonts", "signs")]
        found_kept = kept_with.evidence[JUNK_IN_UNEVEN_LIGHT]
        found_apart = apart_with.evidence[f"{JUNK_IN_UNEVEN_LIGHT} held out"]
        self.assertTrue(torch.equal(found_kept.losses, joined(kept_of).losses))
        self.assertTrue(torch.equal(found_apart.losses, joined(apart_of).losses))
        with self.assertRaisesRegex(DataError, "there are 349 images .*, wanted 350"):
            held_out(
                replace(more, evidence={**more.evidence, JUNK_IN_UNEVEN_LIGHT: lit.part(0, 349)}),
                0.2,
            )

        corrupted = {"clean": evidence["clean"], "blur": evidence["corrupted"]}
        judged = Judged(corrupted, {"clean": labels["clean"], "blur": labels["corrupted"]})
        tried: dict[str, list[float]] = {"steps": [300], "strange_clean": [0.04]}
        rows = dict(compared_gates(Judged(evidence, labels), judged, 0.2, tried, 0))
        taught = fit_to_evidence(evidence, labels, 0)
        self.assertGreater(float(taught.rejects(last).double().mean()), 0.9)
        self.assertEqual(list(rows), ["as shipped", "steps 300", "strange clean 0.04"])
        self.assertEqual(list(rows["as shipped"].junk_accepted), ["fonts held out"])
        self.assertGreater(rows["as shipped"].junk_accepted["fonts held out"], 0.9)
        self.assertLess(rows["as shipped"].clean_rejected, 0.05)
        self.assertGreater(rows["strange clean 0.04"].clean_rejected, 0.03)
        self.assertEqual(len(rows["steps 300"].headings()), len(rows["steps 300"].cells()))

    def test_accepts_other_hands(self) -> None:
        clean, labels = made_up(1500, 5, 0.0, "clean")
        # Both differ from the data in the same feature, and from each other in the next.
        hands, hands_labels = made_up(1500, 5, 0.0, "hands")
        junk, _ = made_up(1500, 5, 0.0, "letters")
        hands.features[:, :2] += torch.tensor([4.0, -2.0], dtype=torch.float64)
        junk.features[:, :2] += torch.tensor([4.0, 2.0], dtype=torch.float64)
        evidence = {kind: clean for kind in OWN} | {"letters": junk}
        known = {kind: labels for kind in OWN}
        without = fit_to_evidence(evidence, known, 0)
        found = fit_to_evidence({**evidence, "fonts": hands}, {**known, "fonts": hands_labels}, 0)
        rejected = [float(one.rejects(hands).double().mean()) for one in (without, found)]
        self.assertGreater(rejected[0], 0.5)
        self.assertLess(rejected[1], 0.2)
        self.assertGreater(float(found.rejects(junk).double().mean()), 0.8)


class SearchTest(unittest.TestCase):
    def test_finds_the_minimum_that_adam_finds(self) -> None:
        torch.manual_seed(0)
        decoder = Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False)
        images = decoder(torch.randn(20, 3)).flatten(1).detach()
        assumptions = Assumptions()
        start, at_start = StartTable(decoder, torch.randn(10, 3), assumptions).best(images)
        losses, latents = descend(decoder, images, start, assumptions, 40)
        adam = LatentSearch(decoder, images, start, assumptions)
        adam.advance(400)
        self.assertTrue(bool((losses <= at_start + 1e-6).all()))
        torch.testing.assert_close(losses, adam.losses(), rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(latents, adam.latents, rtol=0, atol=0.05)

    def test_keeps_the_winner(self) -> None:
        torch.manual_seed(1)
        decoders = [Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False) for _ in range(4)]
        images = torch.rand(9, 784)
        found = redraw(decoders, images, [torch.randn(5, 3)] * 4, Assumptions(), 2)
        for index, label in enumerate(found.labels.tolist()):
            drawn = decoders[label](found.latents[index : index + 1]).flatten()
            torch.testing.assert_close(found.reconstructions[index], drawn.detach())


class ReportTest(unittest.TestCase):
    def test_separation_counts_pairs(self) -> None:
        generator = generator_for(0, "scores")
        data = torch.randint(0, 9, (40,), generator=generator).double()
        junk = torch.randint(0, 7, (30,), generator=generator).double()
        pairs = data.unsqueeze(1) - junk
        expected = float(((pairs > 0).double() + 0.5 * (pairs == 0).double()).mean())
        self.assertAlmostEqual(separation(data, junk).auroc, expected, places=12)
        low, high = separation(data, junk - 100), separation(data, junk + 100)
        self.assertEqual((low.auroc, low.false_positives), (1, 0))
        self.assertEqual((high.auroc, high.false_positives), (0, 1))

    def test_calibration_error(self) -> None:
        confidences = torch.tensor([0.5] * 10 + [0.9] * 10)
        correct = torch.tensor([True, False] * 5 + [False] + [True] * 9)
        self.assertAlmostEqual(calibration_error(confidences, correct, False), 0, places=6)
        self.assertAlmostEqual(calibration_error(confidences, ~correct, False), 0.4, places=6)


if __name__ == "__main__":
    unittest.main()
