"""Searches about a product: its channels, its releases and their sizes, what the newest lack."""
