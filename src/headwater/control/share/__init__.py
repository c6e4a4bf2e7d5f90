"""Share groups' records: who has which of them, how often they were delivered, and what is remembered of that (KIP-932)."""
