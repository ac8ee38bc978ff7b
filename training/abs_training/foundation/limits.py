"""How large a model may be, so that every reader accepts what is trained.

The same names and numbers as in `format/limits.ts`, by which the package reads weights; a test holds
both together. `docs/weights-format.md` puts them into words.
"""

LEAST_CLASSES = 2
MOST_CLASSES = 64
LEAST_LATENTS = 2
MOST_LATENTS = 32

MOST_NAME_CHARACTERS = 100
"""Of a class's name."""

MOST_LAYERS = 16
"""Layers with weights."""

MOST_CHANNELS = 1024
"""Of any layer."""

LARGEST_SIDE = 64
"""Height and width of any layer's output."""

LARGEST_KERNEL = 28
"""Of a transposed convolution."""

LARGEST_STRIDE = 7
"""Likewise."""

CHANNELS_AT_ONCE = 8
"""Channels that are computed at a time: a layer's count as the next multiple in multiply-adds."""

MOST_MULTIPLY_ADDS = 16000000
"""Of decoding one latent."""

MOST_MULTIPLY_ADDS_OF_ALL = 150000000
"""Of decoding one latent with every class's decoder."""

MOST_PROTOTYPES = 4096
"""Latents per class from which a search starts."""

MOST_PROTOTYPES_OF_ALL = 20000
"""Of all classes."""

DRAWN_PROTOTYPES = 300
"""Latents per class that readers draw where a file brings neither prototypes nor tables for the race."""

MOST_PROTOTYPE_MULTIPLY_ADDS = 15000000000
"""Of decoding all classes' prototypes, as readers of files without such tables do."""

MOST_RACE_UNITS = 1024
"""Columns of any of the race's tables."""

MOST_CANDIDATES = 8
"""Latents that the race's tables propose for each class."""

MOST_HIDDEN_UNITS = 64
"""Of the calibrated confidence."""

MOST_BETA = 1000000
"""Weight of ½‖z‖² in the loss."""
MOST_RESPONSE = 1000
"""Slope of the response curve."""

LEAST_PHOTOMETRIC_WEIGHT = 0.1
MOST_PHOTOMETRIC_WEIGHT = 1000000
"""Weights of the priors of gain and offset."""

LEAST_TOLERANCE = 0.01
MOST_TOLERANCE = 1000
"""Error of a pixel beyond which it counts less and less."""

MOST_DOUBT = 1000
LEAST_SHARE = 0.01
"""Loss above which other views are tried, and the share of it below which theirs has to come."""

MOST_VALUES = 8000000
"""Numbers in all tensors of a file together."""

MOST_TENSORS = 4096

MOST_HEADER_BYTES = 1048576
"""Of a file's header, which holds the metadata."""

MOST_FILE_BYTES = 67108864
