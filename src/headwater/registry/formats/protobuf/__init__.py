"""Protobuf schemas: read, printed, normalised and compared as Confluent's registry does it with Wire."""
