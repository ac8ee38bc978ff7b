"""Weights files: reading, writing, and the card that describes one."""
