import unittest

import torch

from abs_training.confidence.sets import (
    JUNK_IN_UNEVEN_LIGHT,
    MoreImages,
    SetSizes,
    is_lit_again,
    sets_for_fit,
)
from abs_training.foundation.randomness import generator_for
from abs_training.images.corruptions import (
    CORRUPTIONS,
    HEAVIEST_VEIL,
    corrupted,
    mixed_corruptions,
    uneven_light,
)
from abs_training.images.data import ImageSet
from abs_training.images.junk import FROM_DATA, GENERATED, HELD_OUT, KINDS, junk, kinds_for
from abs_training.images.strokes import HELD_OUT_LETTERS, LETTERS
from tests.synthetic import bars


class JunkTest(unittest.TestCase):
    def setUp(self) -> None:
        images, labels = bars(60, 3)
        self.images = torch.from_numpy(images).float() / 255
        self.labels = torch.from_numpy(labels).long()

    def test_every_kind_is_seeded_in_range_and_varied(self) -> None:
        data = (self.images, self.labels)
        for kind in (*GENERATED, *FROM_DATA, *HELD_OUT):
            with self.subTest(kind):
                found = junk(kind, 40, 1, data)
                self.assertEqual(tuple(found.shape[1:]), (28, 28))
                self.assertGreater(len(found), 30)
                self.assertTrue(bool(((found >= 0) & (found <= 1)).all()))
                self.assertTrue(torch.equal(found, junk(kind, 40, 1, data)))
                self.assertFalse(torch.equal(found, junk(kind, 40, 2, data)))
                self.assertGreater(len(torch.unique(found.flatten(1), dim=0)), 25)

    def test_black_and_white_themselves_are_among_the_junk(self) -> None:
        self.assertEqual(float(junk("black", 3, 0)[0].max()), 0)
        self.assertEqual(float(junk("white", 3, 0)[0].min()), 1)

    def test_overlaid_images_are_of_different_classes(self) -> None:
        only = torch.zeros_like(self.labels)
        self.assertEqual(len(junk("overlaid", 20, 0, (self.images, only))), 0)
        self.assertEqual(len(junk("overlaid", 20, 0, (self.images, self.labels))), 20)

    def test_images_of_ones_own_join_the_data_and_the_junk(self) -> None:
        validation = ImageSet((255 * self.images).to(torch.uint8), self.labels)
        pixels = torch.arange(20 * 784).remainder(256).to(torch.uint8).reshape(20, 28, 28)
        labels = torch.arange(20).remainder(3)
        more = MoreImages({"fonts": ImageSet(pixels, labels)}, {"signs": pixels})
        sizes = SetSizes(
            clean=10, corrupted=10, training=12, training_spoilt=8, easy=4, hard=5, more=15
        )
        names = ["a", "b", "c"]
        sets = sets_for_fit(validation, validation, names, sizes, 0, more)
        self.assertEqual(tuple(sets["training"].images.shape), (12, 28, 28))
        self.assertEqual(tuple(sets["corrupted training"].images.shape), (8, 28, 28))
        lit, seen = sets["training in uneven light"], sets["training"]
        assert lit.labels is not None and seen.labels is not None
        self.assertEqual(len(lit.images), 8)
        for image, label in zip(lit.images, lit.labels):
            of_class = seen.images[seen.labels == label]
            under = (of_class <= image + 1e-6).flatten(1).all(1)
            self.assertTrue(bool(under.any()))
            self.assertGreater(float(image.sum()), float(of_class[under].sum((1, 2)).min()))
        self.assertEqual(tuple(sets["signs"].images.shape), (15, 28, 28))
        self.assertIsNone(sets["signs"].labels)
        self.assertLessEqual(float(sets["signs"].images.max()), 1)
        fonts = sets["fonts"]
        assert fonts.labels is not None
        self.assertEqual(tuple(fonts.images.shape), (5, 28, 28))
        for image, label in zip(fonts.images, fonts.labels):
            found = (pixels == (255 * image).round().to(torch.uint8)).flatten(1).all(1).nonzero()
            self.assertIn(int(label), labels[found.flatten()].tolist())
        # The last of what is lit unevenly are the signs, of whose pixels some are black.
        lit_signs = sets[JUNK_IN_UNEVEN_LIGHT].images[-15:]
        self.assertTrue(bool((lit_signs >= sets["signs"].images).all()))
        self.assertGreater(float(lit_signs.sum()), float(sets["signs"].images.sum()))
        again = [kind for kind in sets if is_lit_again(kind, sets[kind].labels is None)]
        self.assertTrue({"overlaid", "signs"} <= set(again))
        self.assertFalse({"stripes", "fonts", "clean", JUNK_IN_UNEVEN_LIGHT} & set(again))
        total = sum(len(sets[kind].images) for kind in again)
        self.assertEqual(len(sets[JUNK_IN_UNEVEN_LIGHT].images), total)
        none = sets_for_fit(validation, validation, names, sizes, 0, MoreImages())
        self.assertEqual(len(none[JUNK_IN_UNEVEN_LIGHT].images), total - 15)
        self.assertFalse({"fonts", "signs"} & none.keys())

    def test_halves_have_less_ink_and_none_of_the_thinnest_class(self) -> None:
        thin = self.images.clone()
        thin[self.labels == 2] *= 0.1
        found = junk("halves", 60, 3, (thin, self.labels))
        least = float(thin[self.labels != 2].sum((1, 2)).min())
        self.assertGreater(float(found.sum((1, 2)).max()), 0.3 * least)
        self.assertGreater(float(found.amax((1, 2)).median()), 0.5)
        only = torch.zeros_like(self.labels)
        self.assertEqual(len(junk("halves", 5, 0, (self.images, only))), 0)

    def test_fewer_letters_are_drawn_than_there_are(self) -> None:
        for kind in ("letters", "other letters"):
            for count in (1, 3):
                drawn = junk(kind, count, 0)
                self.assertEqual(tuple(drawn.shape), (count, 28, 28), kind)
                self.assertTrue(bool((drawn.flatten(1).amax(1) > 0.5).all()), kind)

    def test_letters_and_filled_shapes_are_junk_among_digits_only(self) -> None:
        for kind in ("letters", "solid shapes"):
            self.assertIn(kind, kinds_for(["0", "1", "2"]))
            self.assertNotIn(kind, kinds_for(["a", "b"]))
        self.assertFalse(set(HELD_OUT) & set(KINDS))
        self.assertLess(set(HELD_OUT_LETTERS), set(LETTERS))

    def test_corruptions_are_seeded_in_range_and_mild(self) -> None:
        for kind in CORRUPTIONS:
            with self.subTest(kind):
                found = corrupted(kind, self.images, 0)
                self.assertTrue(bool(((found >= 0) & (found <= 1)).all()))
                self.assertTrue(torch.equal(found, corrupted(kind, self.images, 0)))
                self.assertFalse(torch.equal(found, self.images))
                # Each image stays closest to its own original, apart from brightness and contrast.
                centred = (found - found.mean((1, 2), keepdim=True)).flatten(1)
                originals = (self.images - self.images.mean((1, 2), keepdim=True)).flatten(1)
                likeness = torch.nn.functional.normalize(centred) @ originals.T
                likeness = likeness / originals.norm(dim=1)
                own = likeness.diagonal()
                self.assertGreater(float(own.median()), 0.6)

    def test_mixed_corruptions_use_each_in_turn(self) -> None:
        found = mixed_corruptions(self.images, 0)
        kinds = list(CORRUPTIONS)
        for index in (0, len(kinds) - 1):
            chosen = torch.arange(index, 60, len(kinds))
            expected = corrupted(kinds[index], self.images[chosen], 0)
            self.assertTrue(torch.equal(found[chosen], expected))

    def test_uneven_light_is_a_smooth_veil(self) -> None:
        black, white = torch.zeros(900, 28, 28), torch.ones(900, 28, 28)
        veil = uneven_light(black, generator_for(0, "light"))
        self.assertTrue(torch.equal(veil, uneven_light(black, generator_for(0, "light"))))
        self.assertGreater(float(veil.min()), -1e-6)
        self.assertLess(float(veil.max()), HEAVIEST_VEIL + 1e-6)
        self.assertGreater(float(veil.max()), 0.7)
        # Uneven, but not so that it could be taken for a stroke: a pixel's neighbours are lit much as it is.
        span = veil.amax((1, 2)) - veil.amin((1, 2))
        self.assertGreater(float(span.median()), 0.1)
        for steps in (veil.diff(dim=1), veil.diff(dim=2)):
            self.assertLess(float((steps.abs().amax((1, 2)) / span.clamp_min(1e-3)).max()), 0.2)
        # White stays white, and what lies between is lit in proportion.
        self.assertTrue(torch.equal(uneven_light(white, generator_for(0, "light")), white))
        half = uneven_light(0.5 * white, generator_for(0, "light"))
        torch.testing.assert_close(half, 0.5 + 0.5 * veil)
        self.assertEqual(len(uneven_light(black[:0], generator_for(0, "light"))), 0)


if __name__ == "__main__":
    unittest.main()
