"""What every room stands on: the world as small ports, settings, errors, tasks, counters and logging."""
