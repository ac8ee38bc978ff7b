"""The record of a run that ends up in the weights file: seconds and validation figures by stage."""

import json
import time
from contextlib import contextmanager
from typing import Any, Iterator, Optional

from abs_training.calibration import Quality
from abs_training.checkpoint import Checkpoint

NAME = "record"


class Record:
    """Saved with the run's checkpoints, so that it covers interrupted runs as a whole.

    The seconds of a process that was killed outright, without a chance to save, are not counted.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        text = checkpoint.load(NAME)
        saved = {"seconds": {}, "validation": {}} if text is None else json.loads(text)
        self.seconds: dict[str, float] = saved["seconds"]
        self.validation: dict[str, dict[str, Any]] = saved["validation"]

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time spent inside to the stage's seconds."""
        start = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - start
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + spent, 1)
            self._save()

    def add_quality(self, stage: str, quality: Quality, images: int) -> None:
        """Keeps validation figures after a stage, measured on a number of images."""
        self.validation[stage] = {"images": images, **quality.as_json()}
        self._save()

    def quality_of(self, stage: str) -> Optional[dict[str, Any]]:
        """Figures kept before, if there are any."""
        return self.validation.get(stage)

    def _save(self) -> None:
        text = json.dumps({"seconds": self.seconds, "validation": self.validation})
        self._checkpoint.save(NAME, text)
