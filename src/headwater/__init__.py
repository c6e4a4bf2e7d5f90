"""Headwater: a data streaming platform that keeps every Kafka client, tool and wire format working."""
