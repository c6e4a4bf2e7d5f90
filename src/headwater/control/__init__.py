"""The machines of the control plane: pure state, decided and replayed, with Kafka's own records."""
