"""The durable queue and the processes that work on it."""
