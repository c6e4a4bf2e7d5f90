"""JSON Schema, read and compared as Confluent's registry does."""
