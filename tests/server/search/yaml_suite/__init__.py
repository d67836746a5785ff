"""Elasticsearch's own YAML tests of its REST API, asked of our endpoints and of Elasticsearch.

The tests are in the jar ``rest-api-spec`` on Maven Central, under the Apache licence. Each test
runs against a genuine Elasticsearch. Before each of its searches, the index that it asks is copied
into a collection: its mapping as ``index:schema``, its documents as records. The collection gets
the same request. Its answer must pass the assertions that the genuine answer passes, and must not
differ from it elsewhere.

``python -m tests.server.search.yaml_suite [PATTERN]`` prints each test that does not pass.
"""
