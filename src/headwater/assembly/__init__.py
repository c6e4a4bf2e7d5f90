"""The processes: one file a role, constructor calls from top to bottom, the only place that chooses concrete classes."""
