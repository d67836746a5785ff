"""The search index follows the store: changes, rebuilds, repairs."""
