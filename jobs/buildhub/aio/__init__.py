"""Helpers for asynchronous code: memoization with single flight, retries, bounded streams."""
