"""The networks: decoders by their list of layers, encoders, and the autoencoders made of both."""
