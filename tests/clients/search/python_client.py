"""Asks a collection with an official client: python_client.py MODULE URL. Prints one JSON object.

MODULE is ``elasticsearch`` or ``opensearchpy``, which name their methods alike.
"""

import importlib.util
import json
import sys

QUERY = {"term": {"target.os": "mac"}}
INDICES = ["releases", "rel*", "_all", "other"]
IDS = ["record-001", "none"]
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
        "ping": client.ping(),
        "server": client.info()["tagline"],
        "document": client.get(index="releases", id="record-001")["_source"]["id"],
        "part": client.get(index="releases", id="record-001", _source_includes=["target.os"])[
            "_source"
        ],
        "source": client.get_source(index="releases", id="record-001")["id"],
        "exists": [bool(client.exists(index="releases", id=each)) for each in IDS],
        "indices_exist": [bool(client.indices.exists(index=each)) for each in INDICES],
        "indices": [
            list(each["mappings"]["properties"])
            for each in client.indices.get(index="releases").values()
        ],
        "exists_source": [bool(client.exists_source(index="releases", id=each)) for each in IDS],
        "found": [each["found"] for each in documents(client, {"ids": IDS})],
        "scanned": scanned(module, client),
        "paged": paged(client),
        "iterated": iterated(module_name, client),
        "missing": error(client.get, index="releases", id="none")[:2],
        "refused": refusal(client, body={"query": {"foo": {}}}),
        "elsewhere": refusal(client, index="other"),
    }
    print(json.dumps(answer))


def documents(client, body):
    """Return the answers of ``mget``, with and without an index."""
    return client.mget(index="releases", body=body)["docs"] + client.mget(body=body)["docs"]


def scanned(module, client):
    """Return the IDs that ``helpers.scan`` finds: of all, of some, and in an order."""
    scan = importlib.import_module(f"{module.__name__}.helpers").scan
    by_size = {"sort": [{"download.size": "desc"}], "_source": ["download.size"]}
    requests = (
        {"size": 7},
        {"query": {"query": QUERY}, "size": 1000},
        {"query": by_size, "size": 90, "preserve_order": True, "index": "releases"},
    )
    return [[hit["_id"] for hit in scan(client, **asked)] for asked in requests]


def paged(client):
    """Return the IDs of all pages of a point in time; OpenSearch's client has another one."""
    if not hasattr(client, "open_point_in_time"):
        return None
    pit = {"id": client.open_point_in_time(index="releases", keep_alive="1m")["id"]}
    found, after = [], {}
    while True:
        page = client.search(body={"pit": pit, "size": 70, "sort": [{"target.os": "asc"}], **after})
        if not page["hits"]["hits"]:
            client.close_point_in_time(body=pit)
            return found
        found += [hit["_id"] for hit in page["hits"]["hits"]]
        after = {"search_after": page["hits"]["hits"][-1]["sort"]}


def iterated(module_name, client):
    """Return the IDs that ``scan`` and ``iterate`` of Elasticsearch's DSL find."""
    if importlib.util.find_spec(f"{module_name}.dsl") is None:
        return None
    search = importlib.import_module("elasticsearch.dsl").Search(using=client, index="releases")
    search = search.filter("term", target__os="mac")
    return [sorted(hit.meta.id for hit in hits) for hits in (search.scan(), search.iterate())]


def refusal(client, **search):
    """Return error, status, message, error type and reason of a search that is refused."""
    name, status, body = error(client.search, **search)
    return [name, status, body["message"], body["error"]["type"], body["error"]["reason"]]


def error(ask, **arguments):
    """Return error, status and body of a request that fails."""
    try:
        return ask(**arguments)
    except Exception as exc:  # Which one is what is asked.
        return [type(exc).__name__, exc.status_code, getattr(exc, "body", None) or exc.info]


main(*sys.argv[1:])
