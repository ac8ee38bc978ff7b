"""Draws the curves that a run recorded: `python3 -m abs_training curves`."""

import argparse
import importlib
import io
import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from abs_training.foundation.checkpoint import saved_state, write_atomically
from abs_training.foundation.record import NAME, Curves, curves_of

PANEL_WIDTH, PANEL_HEIGHT = 4.2, 2.6
"""In inches."""

MOST_LINES_NAMED = 12
"""A panel with more lines has no legend."""

SETTINGS = {
    # Ids of elements are random without a salt, and equal curves must give equal files.
    "svg.hashsalt": "curves",
    # Letters stay text: small files that can be searched.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


class CurvesError(Exception):
    """Curves that are not there, or no library to draw them."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=_run)
    parser.add_argument("--run-directory", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="an SVG file")


def _run(options: argparse.Namespace) -> None:
    write_atomically(options.out, draw(read_curves(options.run_directory)))


def read_curves(folder: Path) -> Curves:
    """The curves recorded in a run's folder; the run may still be going.

    Raises `CurvesError` where there are none.
    """
    try:
        text = saved_state(folder, NAME)
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, UnpicklingError) as error:
        raise CurvesError(f"{folder}: the run's record cannot be read: {error}") from error
    if text is None:
        raise CurvesError(f"{folder}: holds no run ({NAME}.checkpoint is missing)")
    curves = curves_of(json.loads(text))
    if not curves:
        raise CurvesError(f"{folder}: the run has recorded no curves yet")
    return curves


def panels(curves: Curves) -> list[tuple[str, dict[str, dict[str, dict[float, float]]]]]:
    """Each stage with its panels: quantity -> name of the line -> step -> value.

    A series `quantity/part` is a line of the quantity's panel; a series without a slash is the
    panel's only line, without a name.
    """
    rows = []
    for stage, series in curves.items():
        row: dict[str, dict[str, dict[float, float]]] = {}
        for name, points in series.items():
            quantity, _, part = name.partition("/")
            row.setdefault(quantity, {})[part] = points
        rows.append((stage, row))
    return rows


def draw(curves: Curves) -> bytes:
    """An SVG picture with a row of panels for each stage, in the order in which they ran.

    Raises `CurvesError` where matplotlib is missing.
    """
    try:
        matplotlib: Any = importlib.import_module("matplotlib")
        figure_module: Any = importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise CurvesError(
            "drawing needs matplotlib, which is not installed (on Debian: python3-matplotlib)"
        ) from error
    rows = panels(curves)
    columns = max(len(row) for _, row in rows)
    with matplotlib.rc_context(SETTINGS):
        figure = figure_module.Figure(
            figsize=(PANEL_WIDTH * columns, PANEL_HEIGHT * len(rows)), layout="constrained"
        )
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for (stage, row), axes_row in zip(rows, grid):
            for axes in axes_row[len(row) :]:
                axes.remove()
            for (quantity, lines), axes in zip(row.items(), axes_row):
                _draw_panel(axes, lines)
                axes.set_title(f"{stage}: {quantity}")
        output = io.BytesIO()
        figure.savefig(output, format="svg", metadata={"Date": None})
    return output.getvalue()


def _draw_panel(axes: Any, lines: dict[str, dict[float, float]]) -> None:
    for name, points in lines.items():
        ordered = sorted(points.items())
        steps, values = [step for step, _ in ordered], [value for _, value in ordered]
        # A lone point would be invisible without a marker.
        marker = "o" if len(ordered) == 1 else None
        axes.plot(steps, values, linewidth=1.2, marker=marker, markersize=3, label=name or None)
    axes.set_xlabel("epoch")
    if 1 < len(lines) <= MOST_LINES_NAMED:
        axes.legend(fontsize="small", frameon=False)
