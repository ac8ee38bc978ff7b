"""The steps of a fit by Adam, saved as they go."""

import math
import time
from typing import Callable, Optional

import torch
from torch import Tensor, nn
from tqdm import tqdm

from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint
from abs_training.foundation.optimizer_moments import moments_of, restore_moments


def take_steps(
    name: str,
    model: nn.Module,
    optimizer: torch.optim.Adam,
    rate: float,
    steps: int,
    generator: torch.Generator,
    objective: Callable[[], Tensor],
    checkpoint: Optional[Checkpoint],
) -> None:
    """Lowers `objective`, which draws its batch from `generator`, by so many steps of Adam.

    The learning rate falls from `rate` to 0 along half a cosine. With a checkpoint, a fit continues
    from what was saved under its name, to the same numbers as without an interruption.
    """
    saved = None if checkpoint is None else checkpoint.load(f"race-{name}")
    first = 0
    if saved is not None:
        first = saved["step"]
        model.load_state_dict(saved["model"])
        restore_moments(optimizer, saved["moments"])
        generator.set_state(saved["generator"])

    def save(step: int) -> None:
        if checkpoint is not None:
            state = {
                "step": step,
                "model": model.state_dict(),
                "moments": moments_of(optimizer),
                "generator": generator.get_state(),
            }
            checkpoint.save(f"race-{name}", state)

    last_save = time.monotonic()
    progress = tqdm(
        range(first, steps), initial=first, total=steps, desc=name, unit="step", mininterval=5
    )
    for step in progress:
        for group in optimizer.param_groups:
            group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        value = objective()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        if time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
            save(step + 1)
            last_save = time.monotonic()
    if first < steps:
        save(steps)
