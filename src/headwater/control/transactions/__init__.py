"""Transactions: what a producer writes to several partitions counts as a whole or not at all (KIP-98, KIP-890)."""
