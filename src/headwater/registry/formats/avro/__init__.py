"""Avro schemas, read and written as Avro's Java library does."""
