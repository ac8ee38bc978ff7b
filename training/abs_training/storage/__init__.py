"""How numbers are stored: quantisation, safetensors, and decoders as tensors of a file."""
