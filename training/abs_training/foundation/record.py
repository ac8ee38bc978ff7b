"""The record of a run: seconds and validation figures by stage, and curves along each stage.

The seconds and figures end up in the weights file; the curves stay in the run's folder.
"""

import json
import math
import time
from contextlib import contextmanager
from typing import Any, Iterator, Optional

from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint

NAME = "record"

Curves = dict[str, dict[str, dict[float, float]]]
"""Stage -> series -> step -> value."""


class Record:
    """Saved with the run's checkpoints, so that it covers interrupted runs as a whole.

    Of a process that was killed outright, the seconds since it last saved are not counted.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        text = checkpoint.load(NAME)
        saved = {"seconds": {}, "validation": {}} if text is None else json.loads(text)
        self.seconds: dict[str, float] = saved["seconds"]
        self.validation: dict[str, dict[str, Any]] = saved["validation"]
        self.curves: Curves = curves_of(saved)
        self._last_save = time.monotonic()
        self._timed: Optional[str] = None
        self._counted_until = 0.0

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time spent inside to the stage's seconds; stages follow one another."""
        self._timed, self._counted_until = stage, time.monotonic()
        try:
            yield
        finally:
            self._save()
            self._timed = None

    def _count_seconds(self) -> None:
        if self._timed is None:
            return
        now = time.monotonic()
        spent = now - self._counted_until
        self.seconds[self._timed] = round(self.seconds.get(self._timed, 0.0) + spent, 3)
        self._counted_until = now

    def add_figures(self, stage: str, figures: dict[str, Any]) -> None:
        """Keeps validation figures after a stage, by name."""
        self.validation[stage] = figures
        self._save()

    def figures_of(self, stage: str) -> Optional[dict[str, Any]]:
        """Figures kept before, if there are any."""
        return self.validation.get(stage)

    def add_point(self, stage: str, series: str, step: float, value: float) -> None:
        """Adds a point to a curve; it replaces a point of the same stage, series and step.

        So a run that continues from an older checkpoint draws over what it repeats. `step` is
        counted from the start of the stage, in epochs as a rule. Series of the form
        `quantity/part`, such as `objective/3`, are drawn as lines of one panel.

        Points are cheap: they reach the disk twice a minute, when a timed stage ends, and on
        `flush`, which a stage calls before it saves its own state, lest a killed run lack points.
        """
        if not math.isfinite(step):
            raise ValueError(f"a point's step must be finite, but is {step}")
        self.curves.setdefault(stage, {}).setdefault(series, {})[float(step)] = float(value)
        if time.monotonic() - self._last_save > SECONDS_BETWEEN_SAVES:
            self._save()

    def flush(self) -> None:
        """Saves all points added so far."""
        self._save()

    def _save(self) -> None:
        self._count_seconds()
        curves = {
            stage: {series: sorted(points.items()) for series, points in of_stage.items()}
            for stage, of_stage in self.curves.items()
        }
        self._checkpoint.save(
            NAME,
            json.dumps({"seconds": self.seconds, "validation": self.validation, "curves": curves}),
        )
        self._last_save = time.monotonic()


def curves_of(saved: dict[str, Any]) -> Curves:
    """The curves of a saved record; records from before there were curves have none."""
    return {
        stage: {series: {step: value for step, value in points} for series, points in found.items()}
        for stage, found in saved.get("curves", {}).items()
    }
