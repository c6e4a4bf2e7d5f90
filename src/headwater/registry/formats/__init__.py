"""Avro, Protobuf and JSON Schema, behind one small port."""
