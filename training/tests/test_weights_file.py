import json
import struct
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Optional

import torch
from torch import Tensor

from abs_training.calibration import Calibration
from abs_training.inference import Prior
from abs_training.layers import NAMED_SHAPES, Decoder
from abs_training.weights_file import (
    Weights,
    WeightsFileError,
    metadata_checksum,
    read_safetensors,
    read_weights,
    write_safetensors,
    write_weights,
)


def some_weights(prototypes: Optional[Tensor]) -> Weights:
    torch.manual_seed(0)
    return Weights(
        class_names=["Null", "Eins", "Fünf"],
        decoders=[Decoder(NAMED_SHAPES["shuffle"], 5, batch_norm=False) for _ in range(3)],
        prior=Prior(0.9, 4.5),
        calibration=Calibration(440.0, 3.9e-5, 0.5),
        prototypes=prototypes,
        training={"seed": 0},
        data_sha256={"train-images-idx3-ubyte": "00"},
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
            self.assertEqual(found.prior, weights.prior)
            self.assertEqual(found.calibration, weights.calibration)
            self.assertEqual(found.training, weights.training)
            self.assertEqual(found.data_sha256, weights.data_sha256)
            if prototypes is None:
                self.assertIsNone(found.prototypes)
            else:
                torch.testing.assert_close(found.prototypes, prototypes, rtol=0, atol=0)
            latents = torch.randn(2, 5)
            for expected, decoder in zip(weights.decoders, found.decoders):
                torch.testing.assert_close(decoder(latents), expected(latents), rtol=0, atol=0)

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
                "layers.2.weight": [3, 64, 16, 3, 3],
                "layers.2.bias": [3, 64],
                "layers.4.weight": [3, 4, 16, 3, 3],
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

    def test_other_formats(self) -> None:
        write_safetensors(self.path, {"x": torch.ones(2)}, {"format": "pt"})
        self.assertEqual(read_safetensors(self.path)[1], {"format": "pt"})
        with self.assertRaisesRegex(WeightsFileError, "not of format analysis-by-synthesis"):
            read_weights(self.path)


if __name__ == "__main__":
    unittest.main()
