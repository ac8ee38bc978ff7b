"""The commands of `python3 -m abs_training`, one file each."""
