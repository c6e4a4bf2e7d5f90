"""Consumer groups of KIP-848: the coordinator assigns, and members come to their assignment heartbeat by heartbeat."""
