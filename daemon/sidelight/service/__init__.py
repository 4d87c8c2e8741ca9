"""The localhost service: HTTP, events, watched folders. Only `cli` imports it."""
