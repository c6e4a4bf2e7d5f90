"""How much of the broker each client may have, and for how long one that took more is to be silent."""
