"""Runs stages in which every class is trained on its own, spread over processes."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any, Callable, Protocol

import numpy as np
import torch.multiprocessing
from tqdm import tqdm

from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint, pack, unpack
from abs_training.foundation.threads import use_one_thread


class EpochOfClass(Protocol):
    """Trains one class for one epoch and returns its new state; must be picklable."""

    def __call__(self, index: int, images: np.ndarray, state: dict[str, Any]) -> dict[str, Any]:
        """`images` are bytes `[n, 28, 28]`; `state` and the result hold the epochs done as `epoch`."""


def _run_packed(
    run: EpochOfClass, index: int, images: np.ndarray, content: bytes
) -> tuple[int, bytes]:
    return index, pack(run(index, images, unpack(content)))


class _InProcess:
    """Stands in for a pool of processes when there is one worker."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: "Future[Any]" = Future()
        future.set_result(function(*arguments))
        return future

    def shutdown(self, wait: bool = True, cancel_futures: bool = False) -> None:
        """There is nothing to shut down."""


def run_class_epochs(
    name: str,
    run: EpochOfClass,
    images: list[np.ndarray],
    start: Callable[[int], dict[str, Any]],
    epochs: int,
    workers: int,
    checkpoint: Checkpoint,
    report: Callable[[int, dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Trains each class for a number of epochs and returns the final states in order of class.

    The classes with the fewest epochs done go first. States are saved every half minute, and a run
    continues from those saved. The result does not depend on the number of workers. `report` hears
    of every class's new state.
    """
    saved = checkpoint.load(name)
    states = [start(index) for index in range(len(images))] if saved is None else saved
    done = [int(state["epoch"]) for state in states]
    before = sum(done)
    packed = [pack(state) for state in states]
    idle = set(range(len(images)))
    executor: Any = _InProcess()
    if workers > 1:
        context = torch.multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=use_one_thread)
    running: set[Future[Any]] = set()
    last_save = time.monotonic()
    progress = tqdm(
        total=epochs * len(images), initial=before, desc=name, unit="class epoch", mininterval=5
    )
    try:
        while True:
            while len(running) < workers:
                waiting = [index for index in idle if done[index] < epochs]
                if not waiting:
                    break
                index = min(waiting, key=lambda candidate: (done[candidate], candidate))
                idle.discard(index)
                running.add(executor.submit(_run_packed, run, index, images[index], packed[index]))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                index, packed[index] = future.result()
                report(index, unpack(packed[index]))
                done[index] += 1
                idle.add(index)
                progress.update()
            if time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
                checkpoint.save(name, [unpack(content) for content in packed])
                last_save = time.monotonic()
    finally:
        progress.close()
        executor.shutdown(wait=True, cancel_futures=True)
    if sum(done) > before:
        states = [unpack(content) for content in packed]
        checkpoint.save(name, states)
    return states
