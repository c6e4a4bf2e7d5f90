"""Deterministic machines: how a decision becomes records, and how the records become the state."""
