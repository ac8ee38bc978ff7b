import unittest

import torch

from abs_training.decoders.layers import NAMED_SHAPES, Decoder
from abs_training.foundation.randomness import generator_for
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import (
    LatentSearch,
    StartTable,
    decode,
    losses_at,
    paper_samples,
    project,
    search_all_classes,
    search_likely_classes,
)


def small_decoder(seed: int) -> Decoder:
    torch.manual_seed(seed)
    return Decoder(NAMED_SHAPES["dense"], 3, batch_norm=False)


class InferenceTest(unittest.TestCase):
    def test_projection_keeps_signs(self) -> None:
        found = project(torch.tensor([[-6.0, 8.0], [-0.3, 0.4]]), 5.0)
        torch.testing.assert_close(found, torch.tensor([[-3.0, 4.0], [-0.3, 0.4]]))

    def test_search_agrees_with_adam_of_pytorch(self) -> None:
        decoder, assumptions = small_decoder(1), Assumptions(1.0, 0.4)
        generator = generator_for(0, "images")
        images = torch.rand(5, 784, generator=generator)
        start = 0.1 * torch.randn(5, 3, generator=generator)
        search = LatentSearch(decoder, images, start, assumptions)
        search.advance(4)
        search.advance(8)
        latents = start.clone().requires_grad_(True)
        adam = torch.optim.Adam([latents], lr=0.05)
        for _ in range(12):
            adam.zero_grad()
            losses_at(decoder, images, latents, assumptions).sum().backward()
            adam.step()
            with torch.no_grad():
                latents.copy_(project(latents, assumptions.sphere_radius))
        torch.testing.assert_close(search.latents, latents.detach(), rtol=1e-4, atol=1e-5)
        self.assertLessEqual(float(search.latents.norm(dim=1).max()), 0.4 + 1e-6)

    def test_dropping_images_does_not_change_the_others(self) -> None:
        decoder = small_decoder(1)
        images = torch.rand(4, 784, generator=generator_for(0, "images"))
        kept = torch.tensor([0, 3])
        whole = LatentSearch(decoder, images, torch.zeros(4, 3), Assumptions())
        whole.advance(6)
        part = LatentSearch(decoder, images, torch.zeros(4, 3), Assumptions())
        part.advance(2)
        part.keep(kept)
        part.advance(4)
        torch.testing.assert_close(part.latents, whole.latents[kept])

    def test_start_table_finds_the_lowest_loss(self) -> None:
        decoder, assumptions = small_decoder(2), Assumptions()
        generator = generator_for(0, "start")
        latents = torch.randn(40, 3, generator=generator)
        images = torch.rand(3, 784, generator=generator)
        table = StartTable(decoder, latents, assumptions)
        found, lowest = table.best(images)
        for image, start, loss in zip(images, found, lowest):
            with torch.no_grad():
                losses = losses_at(decoder, image.expand(40, 784), latents, assumptions)
            torch.testing.assert_close(start, latents[losses.argmin()])
            torch.testing.assert_close(loss, losses.min(), rtol=1e-4, atol=1e-6)
        own = decode(decoder, latents[:1])
        proposed = latents[:1] + 0.01
        table = StartTable(decoder, latents[1:], Assumptions(beta=0.0))
        start, loss = table.best_or_proposed(own, proposed)
        torch.testing.assert_close(start, proposed)

    def test_samples_are_the_likeliest(self) -> None:
        samples = paper_samples(90, 4, generator_for(0, "samples"))
        drawn = torch.randn(100, 4, generator=generator_for(0, "samples"))
        self.assertEqual(tuple(samples.shape), (90, 4))
        limit = drawn.norm(dim=1).sort().values[89]
        self.assertLessEqual(float(samples.norm(dim=1).max()), float(limit))

    def test_full_search_and_search_of_likely_classes_agree_on_the_winner(self) -> None:
        decoders = [small_decoder(seed) for seed in range(4)]
        latents = torch.randn(6, 3, generator=generator_for(0, "latents"))
        images = torch.cat([decode(decoder, latents) for decoder in decoders])
        starts = [latents + 0.2] * 4
        full = search_all_classes(decoders, images, starts, Assumptions(), 20, workers=2)
        likely = search_likely_classes(
            decoders, images, starts, Assumptions(), 1, first_updates=5, all_updates=20, likely=2
        )
        torch.testing.assert_close(full.min(1).values, likely.min(1).values)
        self.assertTrue(bool((likely >= full - 1e-6).all()))


if __name__ == "__main__":
    unittest.main()
