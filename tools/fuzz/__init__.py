"""Feeds the decoders what nobody would send, for as long as one likes."""
