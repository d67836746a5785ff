"""Asks a collection with an official client: python_client.py MODULE URL. Prints one JSON object.

MODULE is ``elasticsearch`` or ``opensearchpy``, which name their methods alike.
"""

import importlib
import json
import sys

QUERY = {"term": {"target.os": "mac"}}
AGGS = {"products": {"terms": {"field": "source.product", "order": {"_key": "asc"}}}}


def main(module_name, url):
    module = importlib.import_module(module_name)
    make_client = getattr(module, "Elasticsearch", None) or module.OpenSearch
    client = make_client([url])
    found = client.search(body={"query": QUERY, "size": 3, "sort": ["id"], "aggs": AGGS})
    many = client.msearch(body=[{}, {"query": QUERY, "size": 0}, {}, {"query": {"foo": {}}}])
    named = client.search(index="releases", body={"size": 0, "track_total_hits": True})
    answer = {
        "version": ".".join(map(str, module.__version__[:2])),
        "total": found["hits"]["total"],
        "ids": [hit["_id"] for hit in found["hits"]["hits"]],
        "products": {
            each["key"]: each["doc_count"] for each in found["aggregations"]["products"]["buckets"]
        },
        "count": client.count(body={"query": QUERY})["count"],
        "statuses": [each["status"] for each in many["responses"]],
        "named_total": named["hits"]["total"]["value"],
        "mapped": [
            list(each["mappings"]["properties"]) for each in client.indices.get_mapping().values()
        ],
        "named_count": client.count(index="releases")["count"],
        "refused": refusal(client, body={"query": {"foo": {}}}),
        "elsewhere": refusal(client, index="other"),
    }
    print(json.dumps(answer))


def refusal(client, **search):
    """Return error, status and message of a search that is refused."""
    try:
        return client.search(**search)
    except Exception as exc:  # Which one is what is asked.
        body = exc.body if hasattr(exc, "body") else exc.info
        return [type(exc).__name__, exc.status_code, body["message"]]


main(*sys.argv[1:])
