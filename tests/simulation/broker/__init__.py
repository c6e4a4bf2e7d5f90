"""A whole broker, its clients, and a history of what these were told."""
