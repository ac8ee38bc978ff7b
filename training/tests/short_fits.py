"""Fits of the confidence that tests can wait for."""

import unittest
from unittest import mock

from abs_training.commands import fit_sets
from abs_training.confidence import fit
from abs_training.confidence.gate_fit import GateSettings
from abs_training.confidence.sets import SetSizes
from abs_training.measures import gate_report
from abs_training.stages import confidence_refit, finish


def fit_gates_in(case: unittest.TestCase, steps: int) -> None:
    """Until the test is over, a gate is fitted in so many steps."""
    for module in (finish, fit, gate_report):
        _replace(case, module, "GateSettings", lambda: GateSettings(steps=steps))


def fit_confidence_to_few_images(case: unittest.TestCase) -> None:
    """Until the test is over, the confidence is fitted to tens of images of each kind rather than to thousands."""

    few = SetSizes(
        clean=60, corrupted=60, training=60, training_spoilt=60, easy=20, hard=20, more=20
    )
    for module in (finish, confidence_refit):
        _replace(case, module, "TO_BE_SEARCHED", few)
    _replace(case, fit_sets, "SetSizes", lambda: few)


def _replace(case: unittest.TestCase, module: object, name: str, value: object) -> None:
    replaced = mock.patch.object(module, name, value)
    replaced.start()
    case.addCleanup(replaced.stop)
