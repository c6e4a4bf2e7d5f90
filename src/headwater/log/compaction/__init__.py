"""Compaction: of each key the last value stays."""
