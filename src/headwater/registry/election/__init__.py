"""Which of several registries writes: chosen as Confluent's registries choose, so that theirs and ours can share a group."""
