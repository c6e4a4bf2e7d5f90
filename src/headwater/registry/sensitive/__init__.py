"""Metadata that nobody is to read in the topic: the values of `sensitive` properties, encrypted under a keyset of the registry's own."""
