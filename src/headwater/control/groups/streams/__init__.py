"""Groups of Kafka Streams applications (KIP-1071): topologies become tasks, and tasks are assigned to members."""
