"""What the registry knows: a machine that replays Confluent's `_schemas` topic."""
