"""Whether records were written with schemas that a registry knows: what brokers ask, answered from memory where it can be."""
