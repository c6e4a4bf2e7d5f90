"""Producers that read, transform and write exactly once, and what must be true of all that they leave behind."""
