"""What finished weights are worth: robustness, and the cost of storing them in fewer bits."""
