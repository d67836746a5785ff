"""Readers of what Mozilla publishes: listings, inventories, metadata files."""
