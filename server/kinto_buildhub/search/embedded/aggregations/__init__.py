"""Aggregations: a module per type or family, and the aggregator that combines them."""
