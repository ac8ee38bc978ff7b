import dataclasses
import json
import struct
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any, Callable, Optional

import torch
from torch import Tensor

from abs_training.confidence.binary_variant import BinaryVariant
from abs_training.confidence.calibration import Calibration
from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.search.assumptions import Assumptions
from abs_training.storage.quantization import STORAGES
from abs_training.storage.safetensors_file import (
    WeightsFileError,
    read_safetensors,
    tensor_bytes,
    write_safetensors,
)
from abs_training.storage.stored_decoders import as_stored, prototypes_as_stored
from abs_training.weights.weights_file import (
    READ_VERSIONS,
    Weights,
    checksum,
    metadata_checksum,
    read_weights,
    write_weights,
)


def some_weights(prototypes: Optional[Tensor], storage: str = "float32") -> Weights:
    torch.manual_seed(0)
    return Weights(
        class_names=["Null", "Eins", "Fünf"],
        decoders=[Decoder(NAMED_SHAPES["shuffle"], 5, batch_norm=False) for _ in range(3)],
        assumptions=Assumptions(0.9, 4.5),
        calibration=Calibration(440.0, 3.9e-5, 0.5),
        prototypes=prototypes,
        training={"seed": 0},
        data_sha256={"train-images-idx3-ubyte": "00"},
        binary_variant=BinaryVariant(0.5, [1.0, 0.96, 1.04], Calibration(300.0, 1e-6, 0.4)),
        storage=STORAGES[storage],
    )


class WeightsFileTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "weights.safetensors"

    def test_round_trip(self) -> None:
        for prototypes in (None, torch.randn(3, 4, 5)):
            weights = some_weights(prototypes)
            write_weights(self.path, weights)
            found = read_weights(self.path)
            self.assertEqual(found.class_names, weights.class_names)
            self.assertEqual(found.assumptions, weights.assumptions)
            self.assertEqual(found.calibration, weights.calibration)
            self.assertEqual(found.training, weights.training)
            self.assertEqual(found.data_sha256, weights.data_sha256)
            self.assertEqual(found.binary_variant, weights.binary_variant)
            if prototypes is None:
                self.assertIsNone(found.prototypes)
            else:
                torch.testing.assert_close(found.prototypes, prototypes, rtol=0, atol=0)
            latents = torch.randn(2, 5)
            for expected, decoder in zip(weights.decoders, found.decoders):
                torch.testing.assert_close(decoder(latents), expected(latents), rtol=0, atol=0)

    def test_what_is_read_is_what_was_announced(self) -> None:
        latents = torch.randn(2, 5)
        sizes = []
        for name in STORAGES:
            weights = some_weights(torch.randn(3, 4, 5), name)
            write_weights(self.path, weights)
            found = read_weights(self.path)
            sizes.append(self.path.stat().st_size)
            announced = as_stored(weights.decoders, weights.storage)
            for one, decoder in zip(announced, found.decoders):
                self.assertTrue(torch.equal(decoder(latents), one(latents)), name)
            assert weights.prototypes is not None and found.prototypes is not None
            expected = prototypes_as_stored(weights.prototypes, weights.storage)
            self.assertTrue(torch.equal(found.prototypes, expected), name)
        self.assertLess(sizes[1], 0.6 * sizes[0])
        self.assertLess(sizes[2], 0.6 * sizes[1])

    def test_what_was_read_is_stored_as_the_same_bytes(self) -> None:
        for name in STORAGES:
            write_weights(self.path, some_weights(torch.randn(3, 4, 5), name))
            content = self.path.read_bytes()
            again = dataclasses.replace(read_weights(self.path), storage=STORAGES[name])
            write_weights(self.path, again)
            self.assertEqual(self.path.read_bytes(), content, name)

    def test_layout(self) -> None:
        write_weights(self.path, some_weights(torch.ones(3, 1, 5)))
        content = self.path.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__")
        shapes = {name: entry["shape"] for name, entry in header.items()}
        self.assertEqual(
            shapes,
            {
                "layers.0.weight": [3, 784, 5],
                "layers.0.bias": [3, 784],
                "layers.2.weight": [3, 32, 16, 3, 3],
                "layers.2.bias": [3, 32],
                "layers.4.weight": [3, 4, 8, 3, 3],
                "layers.4.bias": [3, 4],
                "prototypes": [3, 1, 5],
            },
        )
        self.assertEqual(length % 8, 0)
        for name, digits in json.loads(metadata["tensor_crc32"]).items():
            first, end = header[name]["data_offsets"]
            data = content[8 + length + first : 8 + length + end]
            self.assertEqual(digits, f"{zlib.crc32(data):08x}")
        self.assertEqual(metadata["metadata_crc32"], metadata_checksum(metadata))
        self.assertEqual(metadata["latents"], "5")

    def test_types_and_scales(self) -> None:
        write_weights(self.path, some_weights(torch.ones(3, 1, 5), "int7"))
        tensors, metadata = read_safetensors(self.path)
        self.assertEqual(metadata["format_version"], "3")
        kinds = {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()}
        self.assertEqual(kinds["layers.0.weight"], (torch.int8, (3, 784, 5)))
        self.assertEqual(kinds["layers.0.weight.scale"], (torch.float32, (3, 16)))
        self.assertEqual(kinds["layers.2.weight.scale"], (torch.float32, (3, 32)))
        self.assertEqual(kinds["layers.2.bias"], (torch.float16, (3, 32)))
        self.assertEqual(kinds["prototypes.scale"], (torch.float32, (3, 5)))
        self.assertEqual(int(tensors["layers.2.weight"].abs().max()), 63)

    def test_values_that_do_not_fit(self) -> None:
        for value, storage, message in (
            (1e5, "float16", "100000.0 is too large for 16-bit floats"),
            (float("nan"), "int8", "not finite"),
        ):
            weights = some_weights(torch.full((3, 1, 5), value), storage)
            with self.assertRaisesRegex(WeightsFileError, message):
                write_weights(self.path, weights)

    def test_damaged_types_and_scales(self) -> None:
        name = "layers.2.weight"
        scale = f"{name}.scale"

        def minus_128(tensors: dict[str, Tensor]) -> None:
            tensors[name][0, 0, 0, 0, 0] = -128

        def infinite(tensors: dict[str, Tensor]) -> None:
            tensors["layers.2.bias"][0, 0] = float("inf")

        damages: list[tuple[Callable[[dict[str, Tensor]], Any], str]] = [
            (lambda tensors: tensors.pop(scale), f"{name} is I8, but {scale} is missing"),
            (lambda tensors: tensors.pop("layers.4.bias"), "layers.4.bias is missing"),
            (lambda tensors: tensors.update({scale: torch.ones(3, 16)}), "wrong shape"),
            (lambda tensors: tensors.update({scale: torch.zeros(3, 32)}), "positive numbers"),
            (lambda tensors: tensors.update({scale: torch.ones(3, 32).half()}), "as F32"),
            (lambda tensors: tensors.update({"x.scale": torch.ones(1)}), "belongs to no tensor"),
            (minus_128, "holds −128"),
            (infinite, "not finite"),
        ]
        for damage, message in damages:
            write_weights(self.path, some_weights(None, "int8"))
            tensors, metadata = read_safetensors(self.path)
            damage(tensors)
            metadata["tensor_crc32"] = json.dumps(
                {name: checksum(tensor_bytes(tensor)) for name, tensor in tensors.items()}
            )
            metadata["metadata_crc32"] = metadata_checksum(metadata)
            write_safetensors(self.path, tensors, metadata)
            with self.subTest(message), self.assertRaisesRegex(WeightsFileError, message):
                read_weights(self.path)

    def test_every_flipped_byte_is_noticed(self) -> None:
        write_weights(self.path, some_weights(None))
        content = self.path.read_bytes()
        for position in [*range(0, 3000, 97), *range(3000, len(content), 4001), len(content) - 1]:
            damaged = bytearray(content)
            damaged[position] ^= 1
            self.path.write_bytes(bytes(damaged))
            with self.subTest(position), self.assertRaises(WeightsFileError):
                read_weights(self.path)

    def test_truncated_and_empty_files(self) -> None:
        write_weights(self.path, some_weights(None))
        content = self.path.read_bytes()
        for size in (0, 7, 8, 100, len(content) - 1):
            self.path.write_bytes(content[:size])
            with self.subTest(size), self.assertRaises(WeightsFileError):
                read_weights(self.path)
        self.path.write_bytes(content + b"\0")
        with self.assertRaisesRegex(WeightsFileError, "fill the file"):
            read_weights(self.path)

    def test_every_version_that_was_ever_written(self) -> None:
        folder = Path(__file__).parents[2] / "test" / "weights" / "versions"
        versions = sorted(folder.glob("*.safetensors"))
        self.assertEqual([path.stem for path in versions], list(READ_VERSIONS))
        for path in versions:
            weights = read_weights(path)
            self.assertEqual(weights.class_names, ["class 0", "class 1", "class 2"])
            self.assertEqual(weights.calibration, Calibration(440.0, 4e-5, 0.5))
            self.assertEqual(weights.calibrated is None, path.stem == "1")
            self.assertEqual(weights.assumptions == Assumptions(1.0, 5.0), path.stem != "3")

    def test_other_formats(self) -> None:
        write_safetensors(self.path, {"x": torch.ones(2)}, {"format": "pt"})
        self.assertEqual(read_safetensors(self.path)[1], {"format": "pt"})
        with self.assertRaisesRegex(WeightsFileError, "not of format analysis-by-synthesis"):
            read_weights(self.path)
        write_safetensors(self.path, {"x": torch.ones(2)}, {"format": "pt"})
        content = self.path.read_bytes().replace(b'"F32"', b'"U16"')
        self.path.write_bytes(content)
        with self.assertRaisesRegex(WeightsFileError, "x is U16, not one of F32, F16, I8"):
            read_safetensors(self.path)


if __name__ == "__main__":
    unittest.main()
