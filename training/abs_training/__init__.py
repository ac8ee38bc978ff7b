"""Offline trainer of the class-conditional decoders that the analysis-by-synthesis classifier searches."""

ROOMS = (
    "foundation",
    "images",
    "decoders",
    "search",
    "storage",
    "race",
    "confidence",
    "weights",
    "stages",
    "measures",
    "baselines",
    "reading",
    "pipeline",
    "commands",
    "cli",
)
"""The folders and modules of this package, each of which imports only from those before it."""
