"""Groups of every kind and their committed offsets, one machine for each partition of __consumer_offsets."""
