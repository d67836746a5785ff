"""The rules: what archive paths and metadata mean. Plain functions on plain values, no I/O."""
