"""What knows nothing of images: random generators, threads, checkpoints and the record of a run."""
