"""Our own client of Kafka's protocol, for what libraries can't do."""
