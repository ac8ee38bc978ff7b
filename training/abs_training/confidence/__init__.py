"""How sure a classification is: the paper's confidence, the calibrated one, and that of the variant."""
