"""Writes the protocol's modules from the message definitions inside Kafka's jars."""
