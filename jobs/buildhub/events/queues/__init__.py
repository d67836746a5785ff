"""Queues of messages about written files, and what consumes them."""
