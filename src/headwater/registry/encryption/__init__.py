"""The DEK registry: keys that encrypt data, each wrapped by a key that never leaves its key management service."""
