"""The list of segments in remote storage."""
