"""The log: one partition's records in order, whichever engine keeps the bytes."""
