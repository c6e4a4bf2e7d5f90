"""Who gets which partitions: the assignors of consumer groups."""
