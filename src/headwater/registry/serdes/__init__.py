"""Data written with schemas: Confluent's framing, and JSON documents to Avro, Protobuf and JSON Schema data and back."""
