"""Convolutional networks to compare the classifier with."""
