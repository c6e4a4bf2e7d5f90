"""The DEK registry over HTTP: `/dek-registry/v1`."""
