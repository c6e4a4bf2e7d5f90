"""Share groups (KIP-932): who is a member, which partitions each of them reads, and which have share state."""
