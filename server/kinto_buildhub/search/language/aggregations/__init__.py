"""How the body of each aggregation type is read."""
