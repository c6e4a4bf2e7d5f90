"""What stands behind share groups: sessions, share partitions that are led here, and what they remember."""
