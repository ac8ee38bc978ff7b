"""Offline trainer of the class-conditional decoders that the analysis-by-synthesis classifier searches."""
