import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from abs_training.images.data import (
    IMAGES_MAGIC,
    LABELS_MAGIC,
    DataError,
    read_data_set,
    read_idx,
    read_split,
)
from tests.synthetic import NAMES, bars, idx_bytes, write_data_set


class ReadIdxTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "images"

    def assert_error(self, content: bytes, message: str, magic: int = IMAGES_MAGIC) -> None:
        self.path.write_bytes(content)
        with self.assertRaisesRegex(DataError, message):
            read_idx(self.path, magic)

    def test_reads_values_and_hash(self) -> None:
        images, _ = bars(4, 0)
        content = idx_bytes(images)
        self.path.write_bytes(content)
        file = read_idx(self.path, IMAGES_MAGIC)
        np.testing.assert_array_equal(file.values, images)
        self.assertEqual(file.sha256, hashlib.sha256(content).hexdigest())

    def test_missing_file(self) -> None:
        with self.assertRaisesRegex(DataError, "cannot be read"):
            read_idx(self.path, IMAGES_MAGIC)

    def test_short_header(self) -> None:
        self.assert_error(b"\0\0\x08\x03\0", "too few for an idx header")

    def test_wrong_magic(self) -> None:
        _, labels = bars(12, 0)
        self.assert_error(idx_bytes(labels), "starts with 0x00000801")
        images, _ = bars(1, 0)
        self.assert_error(idx_bytes(images), "starts with 0x00000803", LABELS_MAGIC)
        self.assert_error(
            b"\0\0\x0d\x01" + bytes(8), r"\(32-bit floats in 1 dimension", LABELS_MAGIC
        )

    def test_truncated_and_too_long(self) -> None:
        content = idx_bytes(bars(2, 0)[0])
        self.assert_error(content[:-1], "promises 1584 bytes in all, but it has 1583")
        self.assert_error(content + b"\0", "but it has 1585")

    def test_damaged_gzip(self) -> None:
        self.path = self.path.with_name("images.gz")
        self.assert_error(b"\x1f\x8b\x08 damaged", "cannot be read")
        self.assert_error(b"not gzip", "cannot be read")


class ReadDataSetTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_data_set(self.folder, training=240, test=12)

    def test_further_folders_join_the_training_images_only(self) -> None:
        more = self.folder / "more"
        more.mkdir()
        images, labels = bars(9, 5)
        (more / "train-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (more / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
        alone, joined = read_data_set(self.folder), read_data_set(self.folder, also=[more])
        self.assertEqual(len(joined.training), len(alone.training) + 9)
        np.testing.assert_array_equal(joined.training.images[-9:].numpy(), images)
        np.testing.assert_array_equal(joined.training.labels[-9:].numpy(), labels)
        self.assertTrue(torch.equal(joined.validation.images, alone.validation.images))
        self.assertEqual(
            set(joined.sha256) - set(alone.sha256),
            {"more/train-images-idx3-ubyte", "more/train-labels-idx1-ubyte"},
        )
        (more / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels + 9))
        with self.assertRaisesRegex(DataError, "more: no image has a label of the classes"):
            read_data_set(self.folder, also=[more])

    def test_splits_off_the_last_twelfth(self) -> None:
        data = read_data_set(self.folder)
        _, labels = bars(240, 1)
        self.assertEqual(len(data.training), 220)
        self.assertEqual(data.validation.labels.tolist(), labels[220:].tolist())
        self.assertEqual(data.class_names, ["0", "1", "2"])
        self.assertEqual(
            sorted(data.sha256), ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
        )

    def test_keeps_chosen_classes(self) -> None:
        data = read_data_set(self.folder, [2, 0], NAMES)
        self.assertEqual(data.class_names, ["diagonal", "horizontal"])
        _, labels = bars(240, 1)
        self.assertEqual(len(data.training.of_class(0)), int((labels[:220] == 2).sum()))

    def test_errors(self) -> None:
        for kept, names, message in (
            ([0], None, "1 class"),
            ([0, 0], None, "chosen twice"),
            ([0, 3], None, "class 3 is chosen"),
            (None, ["a", "b"], "2 class names are given for 3 classes"),
            (None, ["a", "b", "a"], "must differ"),
            (None, ["a", "b", "c" * 101], "at most 100 characters"),
            (None, ["a", "b", "\033[2J"], r"class name '\\x1b\[2J': .* no control characters"),
        ):
            with self.subTest(message), self.assertRaisesRegex(DataError, message):
                read_data_set(self.folder, kept, names)

    def write_labels(self, labels: np.ndarray) -> None:
        (self.folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels.astype(np.uint8)))

    def test_labels_that_skip_numbers(self) -> None:
        _, labels = bars(240, 1)
        self.write_labels(np.array([1, 4, 7])[labels])
        with self.assertRaisesRegex(DataError, "no image has label 0, .* with --classes 1,4,7$"):
            read_data_set(self.folder)
        data = read_data_set(self.folder, [1, 4, 7], NAMES)
        self.assertEqual(data.class_names, NAMES)
        self.assertEqual(sorted(set(data.training.labels.tolist())), [0, 1, 2])

    def test_a_split_may_lack_classes_but_not_have_others(self) -> None:
        _, labels = bars(240, 1)
        self.write_labels(np.minimum(labels, 1))
        for classes in (2, 3, 64):
            self.assertEqual(len(read_split(self.folder, "validation", None, classes)), 20)
        self.assertEqual(len(read_split(self.folder, "test", [0, 2], 2)), 8)
        for split, kept, classes, message in (
            ("test", None, 2, "an image has label 2, but the model has 2 classes"),
            ("test", [0, 1], 3, r"2 class\(es\) are chosen, but the model has 3"),
            ("validation", [2, 3], 2, "the validation split has no image of the model's classes"),
        ):
            with self.subTest(message), self.assertRaisesRegex(DataError, message):
                read_split(self.folder, split, kept, classes)

    def test_first_images_of_each_class(self) -> None:
        data = read_data_set(self.folder)
        found = data.training.first_of_each_class(2)
        self.assertEqual(sorted(found.labels.tolist()), [0, 0, 1, 1, 2, 2])
        for index in range(3):
            expected = data.training.of_class(index)[:2]
            self.assertTrue(torch.equal(found.of_class(index), expected))

    def test_sorted_file(self) -> None:
        images, labels = bars(240, 1)
        order = np.argsort(labels, kind="stable")
        (self.folder / "train-images-idx3-ubyte.gz").unlink()
        (self.folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(images[order]))
        (self.folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels[order]))
        with self.assertRaisesRegex(DataError, "order must be mixed"):
            read_data_set(self.folder)

    def test_missing_and_mismatched_files(self) -> None:
        (self.folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(bars(239, 1)[1]))
        with self.assertRaisesRegex(DataError, "240 images, but .* has 239 labels"):
            read_data_set(self.folder)
        (self.folder / "train-labels-idx1-ubyte").unlink()
        with self.assertRaisesRegex(DataError, "holds neither"):
            read_data_set(self.folder)

    def test_wrong_image_size(self) -> None:
        (self.folder / "train-images-idx3-ubyte.gz").unlink()
        small = np.zeros((240, 27, 28), dtype=np.uint8)
        (self.folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(small))
        with self.assertRaisesRegex(DataError, "27×28"):
            read_data_set(self.folder)


if __name__ == "__main__":
    unittest.main()
