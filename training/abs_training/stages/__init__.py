"""The stages of a training run, each of which can be interrupted."""
