"""Elasticsearch and OpenSearch: one index per collection, behind an alias."""

from kinto_buildhub.search.elastic.engine import ElasticEngine

__all__ = ["ElasticEngine"]
