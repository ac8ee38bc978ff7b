import copy
import json
import re
import tempfile
import unittest
from pathlib import Path

import torch

from abs_training.decoders.budget import check_budget, values
from abs_training.decoders.layers import (
    NAMED_SHAPES,
    Decoder,
    Layer,
    LayerError,
    check_layers,
    multiply_adds,
    read_layers,
)
from abs_training.foundation import limits
from abs_training.foundation.randomness import generator_for
from abs_training.race.fit import TableSizes
from abs_training.storage.safetensors_file import read_safetensors
from abs_training.weights.weights_file import read_weights

ROOT = Path(__file__).resolve().parents[2]
LIMITS = ROOT / "format" / "limits.ts"
SHIPPED = ROOT / "weights" / "abs-mnist.safetensors"


class CheckLayersTest(unittest.TestCase):
    def test_named_shapes_are_valid(self) -> None:
        for name, layers in NAMED_SHAPES.items():
            with self.subTest(name):
                self.assertEqual(check_layers(layers, 16), layers)

    def test_paper_shape_has_the_papers_size(self) -> None:
        decoder = Decoder(NAMED_SHAPES["paper"], 8, batch_norm=False)
        # 23,745 in the published files, where batch normalisation adds 2·(32 + 16 + 16).
        self.assertEqual(decoder.parameter_count() + 128, 23_745)

    def test_errors(self) -> None:
        paper = NAMED_SHAPES["paper"]
        stretched = copy.deepcopy(paper)
        stretched[0]["kernel"] = 5
        unknown = copy.deepcopy(paper)
        unknown[0]["kind"] = "convolution"
        extra = copy.deepcopy(paper)
        extra[0]["padding"] = 1
        zero = copy.deepcopy(paper)
        zero[0]["channels"] = 0
        for layers, latents, message in (
            (paper, 1, "1 latents"),
            (paper, 33, "33 latents"),
            ([], 8, "list of pairs"),
            ({"kind": "elu"}, 8, "list of pairs"),
            (paper[:-1], 8, "list of pairs"),
            (paper[:-2], 8, "layer 5 is 'elu', but must be one of sigmoid"),
            (stretched, 8, "not 1×28×28"),
            (unknown, 8, "'convolution', but must be one of"),
            (extra, 8, "must have kind, channels, kernel, stride"),
            (zero, 8, r"layer 0 \(transposed_convolution\): channels is 0, .* from 1 to 1024"),
            (["elu", "sigmoid"], 8, "layer 0 is None"),
        ):
            with self.subTest(message), self.assertRaisesRegex(LayerError, message):
                check_layers(layers, latents)

    def test_what_the_reader_would_refuse_is_refused_before_training(self) -> None:
        convolution: Layer = {
            "kind": "transposed_convolution",
            "channels": 4,
            "kernel": 4,
            "stride": 1,
        }
        dense: Layer = {"kind": "dense", "channels": 4, "height": 7, "width": 7}
        shuffle: Layer = {
            "kind": "pixel_shuffle_convolution",
            "channels": 1,
            "kernel": 3,
            "upscale": 2,
        }
        for first, message in (
            ({**dense, "channels": 1025}, r"\(dense\): channels is 1025, .* from 1 to 1024"),
            ({**dense, "height": 65}, r"\(dense\): height is 65, .* from 1 to 64"),
            ({**convolution, "kernel": 29}, "kernel is 29, .* from 1 to 28"),
            ({**convolution, "stride": 8}, "stride is 8, .* from 1 to 7"),
            ({**dense, "width": True}, "width is True"),
        ):
            layers = [first, {"kind": "elu"}, shuffle, {"kind": "sigmoid"}]
            with self.subTest(message), self.assertRaisesRegex(LayerError, message):
                check_layers(layers, 8)
        wide = [{**dense, "height": 33, "width": 2}, {"kind": "elu"}, shuffle, {"kind": "sigmoid"}]
        with self.assertRaisesRegex(LayerError, r"layer 2 \(pixel.*\) yields 66×4, .* 64×64"):
            check_layers(wide, 8)

    def test_what_would_cost_too_much_is_refused(self) -> None:
        single: Layer = {
            "kind": "transposed_convolution",
            "channels": 1,
            "kernel": 1,
            "stride": 1,
        }
        elu, sigmoid = {"kind": "elu"}, {"kind": "sigmoid"}
        first = {"kind": "dense", "channels": 1, "height": 28, "width": 28}
        deep = [first, elu, *[single, elu] * 15, single, sigmoid]
        self.assertEqual(len(deep), 34)
        with self.assertRaisesRegex(LayerError, "34 layers, but at most 32"):
            check_layers(deep, 8)
        grow = {"kind": "transposed_convolution", "channels": 288, "kernel": 2, "stride": 2}
        wide = [{"kind": "dense", "channels": 64, "height": 14, "width": 14}, elu, grow, elu]
        with self.assertRaisesRegex(LayerError, "takes 16,357,376 multiply-adds, .* 16,000,000"):
            check_layers([*wide, single, sigmoid], 8)
        paper = NAMED_SHAPES["paper"]
        self.assertEqual(multiply_adds(paper, 8), 2_263_296)
        check_budget(paper, 8, 64, 100)
        for classes, prototypes, message in (
            (67, 1, "with 67 classes takes 151,640,832 multiply-adds, .* 150,000,000"),
            (2, 4097, "4097 prototypes for each of 2 classes, but at most 4096 per class"),
            (10, 2001, "2001 prototypes for each of 10 classes, .* 20000 in all"),
            (10, 700, "decoding 700 prototypes per class takes 15,843,072,000 multiply-adds"),
        ):
            with self.subTest(message), self.assertRaisesRegex(LayerError, message):
                check_budget(paper, 8, classes, prototypes)
        broad: list[Layer] = [
            {"kind": "dense", "channels": 1024, "height": 1, "width": 1},
            elu,
            first,
            sigmoid,
        ]
        with self.assertRaisesRegex(LayerError, "8,156,740 numbers in all tensors, .* 8,000,000"):
            check_budget(broad, 8, 10, 100)

    def test_numbers_are_counted_about_as_the_file_has_them(self) -> None:
        weights = read_weights(SHIPPED)
        tensors, _ = read_safetensors(SHIPPED)
        assert weights.prototypes is not None
        first, classes = weights.decoders[0], len(weights.decoders)
        whole = values(first.layers, first.latents, classes, weights.prototypes.shape[1])
        tables = TableSizes().values(classes, first.latents)
        stored = sum(tensor.numel() for tensor in tensors.values())
        # Tensors of 16-bit floats have no scales, which are counted all the same.
        self.assertGreaterEqual(whole + tables, stored)
        self.assertLess(whole + tables, 1.01 * stored)

    def test_limits_are_those_of_the_packages_reader(self) -> None:
        source = LIMITS.read_text("utf-8")
        theirs = re.findall(r"^export const (\w+) = ([\d.]+);$", source, re.MULTILINE)
        self.assertEqual(source.count("export "), len(theirs))
        ours = {name: value for name, value in vars(limits).items() if name.isupper()}
        self.assertEqual(ours, {name: float(value) for name, value in theirs})

    def test_reads_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layers.json"
            path.write_text(json.dumps(NAMED_SHAPES["shuffle"]), "utf-8")
            self.assertEqual(read_layers(path, 4), NAMED_SHAPES["shuffle"])
            path.write_text("[", "utf-8")
            with self.assertRaisesRegex(LayerError, "cannot be read"):
                read_layers(path, 4)


class DecoderTest(unittest.TestCase):
    def test_folding_keeps_the_output(self) -> None:
        for name, layers in NAMED_SHAPES.items():
            with self.subTest(name):
                generator = generator_for(0, name)
                decoder = Decoder(layers, 6, batch_norm=True)
                for _ in range(3):
                    decoder(torch.randn(16, 6, generator=generator))
                decoder.eval()
                latents = torch.randn(9, 6, generator=generator)
                with torch.no_grad():
                    expected = decoder(latents)
                    found = decoder.folded()(latents)
                self.assertEqual(tuple(found.shape), (9, 1, 28, 28))
                self.assertLess(float((found - expected).abs().max()), 2e-6)

    def test_pixel_shuffle_takes_its_channels_row_by_row(self) -> None:
        layers = check_layers(
            [
                {"kind": "dense", "channels": 1, "height": 14, "width": 14},
                {"kind": "elu"},
                {
                    "kind": "pixel_shuffle_convolution",
                    "channels": 1,
                    "kernel": 3,
                    "upscale": 2,
                },
                {"kind": "sigmoid"},
            ],
            2,
        )
        decoder = Decoder(layers, 2, batch_norm=False)
        first = (torch.zeros(196, 2), torch.zeros(196))
        decoder.set_weights(
            [first, (torch.zeros(4, 1, 3, 3), torch.tensor([-2.0, -1.0, 1.0, 2.0]))]
        )
        with torch.no_grad():
            corner = torch.logit(decoder(torch.zeros(1, 2)))[0, 0, :2, :2]
        torch.testing.assert_close(corner, torch.tensor([[-2.0, -1.0], [1.0, 2.0]]))

    def test_dense_outputs_are_ordered_channel_row_column(self) -> None:
        layers = check_layers(
            [{"kind": "dense", "channels": 1, "height": 28, "width": 28}, {"kind": "sigmoid"}], 2
        )
        decoder = Decoder(layers, 2, batch_norm=False)
        bias = torch.linspace(-1, 1, 784)
        decoder.set_weights([(torch.zeros(784, 2), bias)])
        with torch.no_grad():
            image = decoder(torch.ones(1, 2))
        torch.testing.assert_close(image[0, 0], torch.sigmoid(bias).reshape(28, 28))


if __name__ == "__main__":
    unittest.main()
