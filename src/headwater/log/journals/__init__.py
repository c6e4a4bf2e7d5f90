"""The `Journal` port over logs: how a machine's records lie in Kafka's internal topics."""
