"""What a schema is to the tables of Flink and Iceberg, and which changes of it those can follow: the policy LOGICAL."""
