"""Tiered storage: closed segments move to an object store, and are read from there as if they had stayed."""
