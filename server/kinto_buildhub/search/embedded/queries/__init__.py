"""Queries compiled to Tantivy's, a module per group of them in Elasticsearch's reference."""
