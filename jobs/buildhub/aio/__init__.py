"""Helpers for asynchronous code: single flight, retries, bounded streams."""
