"""The Kafka protocol: bytes in, messages out. Nothing here waits, opens a socket or reads a clock."""
