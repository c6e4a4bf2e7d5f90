"""The log in memory: for tests, and for simulations in which several brokers share one store."""
