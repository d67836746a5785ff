"""The query language as data: parsed and validated once, then executed by either engine."""
