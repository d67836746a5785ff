"""Writing records to a server, over its public API."""
