"""Aggregations: a module per kind, and the aggregator that puts them together."""
