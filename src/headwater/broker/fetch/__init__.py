"""What stands behind Fetch: which partitions a request means, what is read of them, and how it waits for more."""
