"""Group coordination: classic consumer groups and committed offsets, one machine for each partition of __consumer_offsets."""
