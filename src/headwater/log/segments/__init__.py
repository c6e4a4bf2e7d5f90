"""The embedded engine: Apache Kafka's folder of segment files, owned by one process."""
