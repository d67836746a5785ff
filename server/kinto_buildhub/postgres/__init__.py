"""The embedded PostgreSQL: start it, watch it, start it again."""
