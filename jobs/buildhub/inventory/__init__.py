"""Readers of S3 inventories: manifests, parts, rows, and the stores they lie in."""
