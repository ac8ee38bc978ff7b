"""Spreading work over the classes: several classes side by side, one thread each."""

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

import torch

Result = TypeVar("Result")


def use_one_thread() -> None:
    """One thread per operation, in the calling thread: then sums keep their order."""
    torch.set_num_threads(1)


def for_each_class(run: Callable[[int], Result], classes: int, workers: int) -> list[Result]:
    """Calls `run` for every class index, on several threads; results are in order of class."""
    if workers <= 1:
        return [run(index) for index in range(classes)]
    with ThreadPoolExecutor(workers, initializer=use_one_thread) as executor:
        return list(executor.map(run, range(classes)))
