"""What Kafka keeps in logs and snapshots, generated: metadata, coordinator and control records."""
