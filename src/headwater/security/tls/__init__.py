"""Kafka's `ssl.*` settings: what they mean, and the stores of keys and certificates that they name."""
