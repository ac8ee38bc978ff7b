"""The mean of decoders' weights over the steps of a training (Polyak and Juditsky 1992).

At a learning rate that does not fall, decoders wander about a minimum; their mean lies nearer to it than any of them.
"""

from typing import Any, Optional, Sequence

from torch import Tensor

from abs_training.decoders.layers import Decoder


class MeanWeights:
    """Counts weights in as they come, and holds their mean."""

    def __init__(self) -> None:
        self._count = 0
        self._means: list[dict[str, Tensor]] = []

    def add(self, decoders: Sequence[Decoder]) -> None:
        """Counts in the weights that decoders have now."""
        self._count += 1
        if self._count == 1:
            self._means = [_copy(decoder.state_dict()) for decoder in decoders]
        for means, decoder in zip(self._means, decoders):
            for name, value in decoder.state_dict().items():
                means[name] += (value - means[name]) / self._count

    def weights(self) -> Optional[list[dict[str, Tensor]]]:
        """The mean, or None where nothing was counted in."""
        return self._means if self._count > 0 else None

    def state(self) -> dict[str, Any]:
        """What a run must save."""
        return {"count": self._count, "means": self._means}

    def restore(self, state: Optional[dict[str, Any]]) -> None:
        """Goes on from what a run has saved, if it has."""
        if state is not None:
            self._count, self._means = state["count"], state["means"]


def _copy(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in weights.items()}
