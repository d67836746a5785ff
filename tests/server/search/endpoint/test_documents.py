"""Single records by their IDs, as Elasticsearch's clients ask for them."""

import json

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import collection_metadata, make_collection, put_records
from tests.server.search.records import make_records


def without_schema(record):
    """Return a record without the collection's timestamp, which Kinto adds."""
    return {key: value for key, value in record.items() if key != "schema"}


RECORD = without_schema(make_records()[1])
FOUND = {"_id": "record-001", "found": True, "_version": RECORD["last_modified"]}
WHOLE = {**FOUND, "_source": RECORD}
OS_ALONE = {**FOUND, "_source": {"target": {"os": RECORD["target"]["os"]}}}
MISSING = {"_id": "none", "found": False}

# The address below the collection, the status, the answer.
DOCUMENTS = [
    ("releases/_doc/record-001", 200, WHOLE),
    ("_all/_doc/record-001", 200, WHOLE),
    ("releases/_doc/record-001?_source=target.os", 200, OS_ALONE),
    ("releases/_doc/record-001?_source_includes=target.o*", 200, OS_ALONE),
    ("releases/_doc/record-001?_source=false&realtime=true&refresh=true", 200, FOUND),
    ("releases/_doc/none", 404, MISSING),
    ("releases/_doc/a/b", 404, {"_id": "a/b", "found": False}),
    ("releases/_source/record-001", 200, RECORD),
    ("releases/_source/record-001?_source=target.os", 200, OS_ALONE["_source"]),
]


def comparable(document):
    """Return an answer without what differs from collection to collection."""
    document = {key: value for key, value in document.items() if key != "_index"}
    if "_source" in document:
        document["_source"] = without_schema(document["_source"])
    return without_schema(document)


@pytest.mark.parametrize(("endpoint", "status", "expected"), DOCUMENTS)
def test_a_record_is_found_by_its_id(search_app, filled_path, endpoint, status, expected):
    answer = search_app.get(f"{filled_path}/{endpoint}", status=status)
    assert comparable(answer.json) == expected
    assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    assert search_app.head(f"{filled_path}/{endpoint}", status=status).body == b""


@pytest.mark.parametrize(
    ("endpoint", "status", "kind"),
    [
        ("other/_doc/record-001", 404, "index_not_found_exception"),
        ("other/_source/record-001", 404, "index_not_found_exception"),
        ("releases/_source/none", 404, "resource_not_found_exception"),
        ("releases/_source/record-001?_source=false", 400, "illegal_argument_exception"),
        ("releases/_doc/a%00b", 400, "illegal_argument_exception"),
        ("releases/_doc/record-001?stored_fields=x", 400, "parsing_exception"),
        ("releases/_doc/record-001?relatime=true", 400, "parsing_exception"),
    ],
)
def test_what_cannot_be_returned_is_an_error(search_app, filled_path, endpoint, status, kind):
    answer = search_app.get(f"{filled_path}/{endpoint}", status=status).json
    assert (answer["error"]["type"], answer["status"]) == (kind, status)


MGETS = [
    ({"ids": ["record-001", "none", "record-001"]}, "", [WHOLE, MISSING, WHOLE]),
    ({"docs": [{"_id": "record-001"}]}, "?_source=target.os", [OS_ALONE]),
    ({"docs": [{"_id": "record-001", "_source": ["target.os"]}]}, "", [OS_ALONE]),
    ({"docs": [{"_id": "record-001", "_source": False}]}, "", [FOUND]),
    ({"docs": [{"_id": "record-001", "_index": "releases"}]}, "", [WHOLE]),
    ({"docs": [{"_id": 1}]}, "", [{"_id": "1", "found": False}]),
    ({"ids": ["a\0b"]}, "", [{"_id": "a\0b", "found": False}]),
]


@pytest.mark.parametrize("address", ["_mget", "releases/_mget"])
@pytest.mark.parametrize(("body", "parameters", "expected"), MGETS)
def test_several_records_are_found(search_app, filled_path, address, body, parameters, expected):
    answer = search_app.post_json(f"{filled_path}/{address}{parameters}", body).json
    assert [comparable(each) for each in answer["docs"]] == expected


def test_a_document_of_another_index_is_an_error_of_its_own(search_app, filled_path):
    body = {"docs": [{"_id": "record-001", "_index": "other"}, {"_id": "record-001"}]}
    other, own = search_app.post_json(f"{filled_path}/_mget", body).json["docs"]
    assert other["error"]["type"] == "index_not_found_exception"
    assert comparable(own) == WHOLE


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "no documents to get"),
        ({"ids": []}, "no documents to get"),
        ({"docs": [{}]}, "docs[0]: document: '_id' is missing"),
        ({"docs": [{"_id": "x", "stored_fields": ["y"]}]}, "unknown option 'stored_fields'"),
        ({"docs": [{"_id": "x", "_routing": "y"}]}, "unknown option '_routing'"),
        ({"idz": ["x"]}, "unknown option 'idz'"),
        ({"ids": [None]}, "ids[0]: expected text, got null"),
        ({"ids": ["x"] * 10_001}, "at most 10000 documents"),
    ],
)
def test_a_wrong_mget_is_refused(search_app, filled_path, body, message):
    answer = search_app.post_json(f"{filled_path}/_mget", body, status=400).json
    assert message in answer["error"]["reason"]


def test_an_answer_that_would_be_too_large_is_refused(search_app, empty_path):
    record = {**make_record(), "note": "x" * 100_000}
    path = empty_path.replace("/releases", "/notes")
    metadata = {"index:schema": {"properties": {"id": {"type": "keyword"}}}}
    search_app.put_json(path, {"data": metadata}, headers=PUBLISHER_HEADERS)
    put_records(search_app, path, [record])
    body = {"ids": [record["id"]] * 1000}
    answer = search_app.post_json(f"{path}/_mget", body, status=400).json
    assert "larger than" in answer["message"]
    body = {"ids": [record["id"]] * 1000, "docs": [{"_id": "none"}] * 9000}
    address = f"{path}/_mget?_source=target.os"
    assert len(search_app.post_json(address, body).json["docs"]) == 10_000


def test_a_record_is_found_as_soon_as_it_is_written(search_app, empty_path):
    record = make_record()
    address = f"{empty_path}/releases/_doc/{record['id']}"
    put_records(search_app, empty_path, [record])
    assert search_app.get(address).json["_source"]["target"] == record["target"]
    search_app.delete(f"{empty_path}/records/{record['id']}", headers=PUBLISHER_HEADERS)
    assert search_app.get(address, status=404).json["found"] is False


class TestServerInfo:
    """The address of the collection with a slash, which clients take for the server's."""

    def test_it_is_elasticsearchs(self, search_app, filled_path):
        answer = search_app.get(f"{filled_path}/")
        assert answer.json["version"]["number"].startswith("8.")
        assert answer.json["tagline"] == "You Know, for Search"
        assert search_app.head(f"{filled_path}/").headers["X-Elastic-Product"] == "Elasticsearch"

    def test_other_methods_are_redirected_as_by_kinto(self, search_app, filled_path):
        for method in (search_app.put_json, search_app.patch_json, search_app.post_json):
            answer = method(f"{filled_path}/", {}, status=307)
            assert answer.headers["Location"].endswith(filled_path)

    def test_a_collection_that_is_not_searchable_is_redirected_to(self, search_app, empty_path):
        path = empty_path.replace("/releases", "/plain")
        search_app.put_json(path, {}, headers=PUBLISHER_HEADERS)
        assert search_app.get(f"{path}/", status=307).headers["Location"].endswith(path)

    def test_it_needs_the_permission_to_list_all_records(self, search_app):
        path = make_collection(search_app, read=())
        answer = search_app.get(f"{path}/", status=401).json
        assert answer["error"]["type"] == "security_exception"


class TestErrors:
    """The shape of errors: Elasticsearch's at its endpoints, with Kinto's keys beside."""

    @pytest.mark.parametrize(
        ("method", "endpoint", "body", "status", "kind"),
        [
            ("POST", "_search", {"query": {"foo": {}}}, 400, "parsing_exception"),
            ("POST", "_search", '{"query"', 400, "parse_exception"),
            ("POST", "_search", {"size": 99_999}, 400, "illegal_argument_exception"),
            ("POST", "releases/_search", {"query": {"foo": {}}}, 400, "parsing_exception"),
            ("POST", "other/_search", {}, 404, "index_not_found_exception"),
            ("POST", "_count", {"query": {"foo": {}}}, 400, "parsing_exception"),
            ("POST", "_msearch", "{}\n", 400, "parsing_exception"),
            ("GET", "other/_mapping", "", 404, "index_not_found_exception"),
            ("POST", "_mget", {}, 400, "action_request_validation_exception"),
            ("POST", "_repair", {}, 401, "security_exception"),
            ("GET", "_cat/indices", "", 404, "resource_not_found_exception"),
            ("GET", "_unknown", "", 404, "resource_not_found_exception"),
            ("PUT", "_search", {}, 405, "illegal_argument_exception"),
            ("PUT", "releases/_doc/x", {}, 405, "illegal_argument_exception"),
        ],
    )
    def test_they_are_elasticsearchs(
        self, search_app, filled_path, method, endpoint, body, status, kind
    ):
        content = body if isinstance(body, str) else json.dumps(body)
        answer = search_app.request(
            f"{filled_path}/{endpoint}", method=method, body=content.encode(), status=status
        ).json
        error = answer["error"]
        assert (error["type"], answer["status"], answer["code"]) == (kind, status, status)
        assert error["root_cause"] == [{"type": kind, "reason": error["reason"]}]
        assert error["reason"] == answer["message"]
        assert isinstance(answer["errno"], int)

    @pytest.mark.parametrize("endpoint", ["_search", "_count", "_msearch", "_mapping", "_mget"])
    def test_they_are_elasticsearchs_for_who_may_not_search(self, search_app, endpoint):
        path = make_collection(search_app, read=())
        other = {"Authorization": "Basic b3RoZXI6b3RoZXI="}
        for status, headers in ((401, {}), (403, other)):
            answer = search_app.get(f"{path}/{endpoint}", headers=headers, status=status)
            assert answer.json["error"]["type"] == "security_exception"
            assert answer.json["status"] == answer.json["code"] == status
            assert answer.headers["X-Elastic-Product"] == "Elasticsearch"

    @pytest.mark.parametrize("endpoint", ["_search", "_msearch", "_mget", "_search/scroll"])
    def test_they_are_elasticsearchs_for_a_body_that_is_too_large(
        self, search_app, filled_path, endpoint
    ):
        headers = {"Content-Length": str(2**30)}
        answer = search_app.post(f"{filled_path}/{endpoint}", b"", headers=headers, status=413).json
        assert answer["error"]["type"] == "content_too_long_exception"
        assert "kinto.search.max_body_bytes" in answer["error"]["reason"]

    @pytest.mark.parametrize("endpoint", ["search", "records/_none", "none"])
    def test_they_are_kintos_elsewhere(self, search_app, filled_path, endpoint):
        body = {"query": {"foo": {}}}
        answer = search_app.post_json(f"{filled_path}/{endpoint}", body, status="4*").json
        assert isinstance(answer["error"], str)
        assert "status" not in answer


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("releases", 200, id="the-collection"),
        pytest.param("rel*", 200, id="a-pattern"),
        pytest.param("_all", 200, id="all"),
        pytest.param("other,releases", 404, id="another-one-among-them"),
        pytest.param("other", 404, id="another-one"),
        pytest.param("relases", 404, id="misspelt"),
        pytest.param("bulk", 405, id="an-endpoint-for-other-methods"),
        pytest.param("coverage", 200, id="an-endpoint"),
    ],
)
def test_an_index_exists(search_app, filled_path, name, status):
    assert search_app.head(f"{filled_path}/{name}", status=status).body == b""


def test_an_index_is_described(search_app, filled_path):
    answer = search_app.get(f"{filled_path}/releases?ignore_unavailable=true")
    ((name, index),) = answer.json.items()
    assert index["aliases"] == {"releases": {}}
    assert index["mappings"]["properties"]["target"]["properties"]["os"]["type"] == "keyword"
    assert search_app.head(f"{filled_path}/{name}", status=200).body == b""
    assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    assert "nothing" in search_app.get(f"{filled_path}/releases?nothing=1", status=400).text
    allowed = search_app.options(f"{filled_path}/releases", status=204).headers["Allow"]
    assert allowed == "GET, HEAD, OPTIONS"
    # As before there was such an address.
    missing = search_app.get(f"{filled_path}/other", status=404)
    assert missing.json["errno"] == 111
    refused = search_app.post(f"{filled_path}/releases", status=405)
    assert refused.headers["Allow"] == allowed


def test_names_of_endpoints_are_no_indexes(search_app):
    bucket = make_collection(search_app).rpartition("/")[0]
    for name in ("records", "coverage", "search"):
        metadata = {"data": collection_metadata()}
        search_app.put_json(f"{bucket}/{name}", metadata, headers=PUBLISHER_HEADERS)
        assert "mappings" not in search_app.get(f"{bucket}/{name}/{name}").text
