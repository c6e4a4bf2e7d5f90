"""How two schemas differ, a file for each family of rules."""
