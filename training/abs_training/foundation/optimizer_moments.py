"""The part of Adam's state that a run must save: step counts and moments, all of them tensors.

Learning rates and the like are floats, which PyTorch 1.13 cannot load safely; they are the same in
every new optimizer anyway.
"""

from typing import Any, Optional

import torch


def moments_of(optimizer: torch.optim.Adam) -> dict[int, Any]:
    """Step count and moments of each parameter."""
    moments: dict[int, Any] = optimizer.state_dict()["state"]
    return moments


def restore_moments(optimizer: torch.optim.Adam, moments: Optional[dict[int, Any]]) -> None:
    """Continues with saved moments, if there are any."""
    if moments is not None:
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
