"""Tables from which the race finds its latents: a proposing network and surrogate decoders.

They are fitted to finished decoders and change nothing about them: a race without them would find
the same losses, more slowly.
"""
