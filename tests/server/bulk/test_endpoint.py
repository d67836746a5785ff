"""The bulk endpoint in process: what is stored and what is answered."""

import gzip
import json

import pytest
from pyramid.exceptions import ConfigurationError

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.bulk import NDJSON, ndjson, post, statuses


@pytest.fixture
def free_path(app, collection_path):
    """A collection without a schema."""
    path = collection_path.replace("releases", "free")
    app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    return path


def read(app, path, record_id):
    return app.get(f"{path}/records/{record_id}", headers=PUBLISHER_HEADERS).json["data"]


def test_records_are_created_updated_and_left_alone(app, collection_path):
    first, second = make_record(id="first"), make_record(id="second")
    created = post(app, collection_path, [first, second])
    changed = make_record(id="second", build__number=2)
    repeated = post(app, collection_path, [first, changed])
    assert statuses(created) == ["created", "created"]
    assert statuses(repeated) == ["unchanged", "updated"]
    assert repeated[0]["last_modified"] == created[0]["last_modified"]
    assert repeated[1]["last_modified"] > created[1]["last_modified"] > created[0]["last_modified"]
    stored = read(app, collection_path, "second")
    assert stored["build"]["number"] == 2
    assert stored["last_modified"] == repeated[1]["last_modified"]


def test_a_record_is_replaced_whole(app, free_path):
    post(app, free_path, [{"id": "r", "old": 1, "kept": 1}])
    post(app, free_path, [{"id": "r", "kept": 2}])
    assert read(app, free_path, "r").keys() == {"id", "kept", "last_modified"}


DEEP = 401
BAD_LINES = [
    pytest.param(b"{not json", "Invalid JSON: Parse error at offset 1", id="no-json"),
    pytest.param(b'{"id": "r"} {"id": "s"}', "Invalid JSON: Parse error", id="two-in-a-line"),
    pytest.param(b'{"id": "r", "a": NaN}', "Invalid JSON: Parse error", id="nan"),
    pytest.param(b'{"id": "r", "a": 1e999}', "Invalid JSON: Parse error", id="beyond-floats"),
    pytest.param(b'{"id": "r", "a": ' + b"9" * 400 + b"}", "Invalid JSON", id="huge-integer"),
    pytest.param(b'{"id": "r", "a": "\\ud800"}', "Invalid JSON: Parse error", id="lone-surrogate"),
    pytest.param(b'{"id": "r", "a": "\xe9"}', "Invalid JSON: 'utf-8' codec", id="latin-1"),
    pytest.param(b'\xef\xbb\xbf{"id": "r"}', "Invalid JSON", id="byte-order-mark"),
    pytest.param(b'"r"', "The line is not a JSON object but a string.", id="text"),
    pytest.param(b"null", "The line is not a JSON object but null.", id="null"),
    pytest.param(b'[{"id": "r"}]', "The line is not a JSON object but an array.", id="array"),
    pytest.param(b'{"a": 1}', "id in body: Required", id="no-id"),
    pytest.param(b'{"id": 7}', "id in body: expected a string, not a number", id="numeric-id"),
    pytest.param(b'{"id": "a b"}', "id in body: Invalid object id 'a b'", id="space-in-id"),
    pytest.param(b'{"id": "../up"}', "id in body: Invalid object id", id="path-in-id"),
    pytest.param(b'{"id": ""}', "id in body: Invalid object id ''", id="empty-id"),
    pytest.param(b'{"id": "r\\u0000"}', "id in body: Invalid object id", id="nul-in-id"),
    pytest.param(b'{"id": "r", "a": ["\\u0000"]}', "Invalid character 0x00", id="nul"),
    pytest.param(b'{"id": "r", "\\u0000": 1}', "Invalid character 0x00", id="nul-in-name"),
    pytest.param(
        b'{"id": "r", "a": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        "The line is nested deeper than 400 levels.",
        id="deep",
    ),
    pytest.param(
        b'{"id": "r", "a": ' + b'{"a":' * 1000 + b"1" + b"}" * 1001, "nested deeper", id="1000-deep"
    ),
    pytest.param(b"[" * 500_000, "The line is nested deeper than 400 levels.", id="all-brackets"),
    pytest.param(
        b'{"id": "r", "a": "' + b"x" * 1_048_576 + b'"}', "longer than 1048576", id="long"
    ),
    pytest.param(b"x" * 10_000_000, "The line is longer than 1048576 bytes", id="ten-megabytes"),
    pytest.param(
        b'{"id": "r", "last_modified": 253370764800000}', "the years 1 to 9998", id="far-future"
    ),
    pytest.param(
        b'{"id": "r", "__permissions__": {}}', "__permissions__ in body", id="permissions"
    ),
]


@pytest.mark.parametrize(("line", "error"), BAD_LINES)
def test_a_bad_line_is_answered_and_costs_no_other(app, free_path, line, error):
    answers = post(app, free_path, [{"id": "before"}, line, {"id": "after"}])
    assert statuses(answers) == ["created", "invalid", "created"]
    assert error in answers[1]["error"]
    listed = app.get(f"{free_path}/records", headers=PUBLISHER_HEADERS).json["data"]
    assert {record["id"] for record in listed} == {"before", "after"}


GOOD_LINES = [
    pytest.param({"id": "r", "a": "\\u0000"}, id="backslash-and-zeros"),
    pytest.param({"id": "r", "a": "é😀\u2028"}, id="not-ascii"),
    pytest.param({"id": "r", "a": 10**25, "b": -0.0, "c": 1e-7, "d": 2**63}, id="numbers"),
    pytest.param({"id": "r", "a": {"b": [True, None, {}]}, "": 0}, id="nested"),
    pytest.param({"id": "r", "schema": "mine", "deleted": False}, id="names-of-ours"),
    pytest.param(
        json.loads('{"id": "r", "a": ' + "[" * 399 + "]" * 399 + "}"), id="as-deep-as-allowed"
    ),
    pytest.param({"id": "r", "many": [[]] * 1000}, id="many-but-not-deep"),
    pytest.param({"id": "a" * 300}, id="long-id"),
]


@pytest.mark.parametrize("record", GOOD_LINES)
def test_what_put_stores_bulk_stores_alike(app, free_path, record):
    path = f"{free_path}/records/{record['id']}"
    app.put_json(path, {"data": record}, headers=PUBLISHER_HEADERS)
    by_put = read(app, free_path, record["id"])
    assert statuses(post(app, free_path, [record])) == ["unchanged"]
    assert read(app, free_path, record["id"]) == by_put
    app.delete(path, headers=PUBLISHER_HEADERS)
    assert statuses(post(app, free_path, [record])) == ["created"]
    by_bulk = read(app, free_path, record["id"])
    assert by_bulk.pop("last_modified") > by_put.pop("last_modified")
    assert by_bulk == by_put


def test_true_is_not_one(app, free_path):
    post(app, free_path, [{"id": "r", "a": {"b": [1, 0]}}])
    assert statuses(post(app, free_path, [{"id": "r", "a": {"b": [True, 0]}}])) == ["updated"]
    assert read(app, free_path, "r")["a"] == {"b": [True, 0]}


def test_of_two_lines_with_one_id_the_last_wins(app, free_path):
    lines = [{"id": "r", "n": 1}, {"id": "s"}, {"id": "r", "n": 2}, {"id": "r", "n": 2}]
    answers = post(app, free_path, lines)
    assert statuses(answers) == ["created", "created", "updated", "unchanged"]
    assert read(app, free_path, "r")["n"] == 2
    assert read(app, free_path, "r")["last_modified"] == answers[3]["last_modified"]


def test_a_tombstone_comes_back_to_life(app, free_path):
    created = post(app, free_path, [{"id": "r"}])
    app.delete(f"{free_path}/records/r", headers=PUBLISHER_HEADERS)
    answers = post(app, free_path, [{"id": "r"}])
    assert statuses(answers) == ["created"]
    since = created[0]["last_modified"]
    changes = app.get(f"{free_path}/records?_since={since}", headers=PUBLISHER_HEADERS).json["data"]
    assert changes == [{"id": "r", "last_modified": answers[0]["last_modified"]}]


@pytest.mark.parametrize("message", ["beos", "missing", "extra"])
def test_a_record_that_breaks_the_schema_is_refused_as_by_put(app, collection_path, message):
    record = {
        "beos": make_record(target__os="beos"),
        "missing": make_record(download__size=None),
        "extra": make_record(target__colour="red"),
    }[message]
    put = app.put_json(
        f"{collection_path}/records/{record['id']}",
        {"data": record},
        headers=PUBLISHER_HEADERS,
        status=400,
    )
    (answer, _) = post(app, collection_path, [record])
    assert answer == {"id": record["id"], "status": "invalid", "error": put.json["message"]}


def test_a_bucket_has_a_schema_for_records_too(app, collection_path):
    bucket_path = collection_path.partition("/collections")[0]
    schema = {"type": "object", "properties": {"target": {"required": ["os"]}}}
    app.patch_json(bucket_path, {"data": {"record:schema": schema}}, headers=PUBLISHER_HEADERS)
    answers = post(app, collection_path, [make_record(target__os=None), make_record()])
    assert statuses(answers) == ["invalid", "created"]
    assert answers[0]["error"] == "target.os in body: 'os' is a required property"


def test_a_record_is_stamped_with_the_version_of_the_schema(app, collection_path):
    record = make_record()
    post(app, collection_path, [record])
    collection = app.get(collection_path).json["data"]
    stored = read(app, collection_path, record["id"])
    assert stored["schema"] == collection["last_modified"]
    # Sent back as it was read, it is the same.
    assert statuses(post(app, collection_path, [stored])) == ["unchanged"]


def test_a_new_version_of_the_schema_alone_changes_no_record(app, collection_path):
    record = make_record()
    created = post(app, collection_path, [record])
    app.patch_json(collection_path, {"data": {"note": "touched"}}, headers=PUBLISHER_HEADERS)
    answers = post(app, collection_path, [record])
    assert statuses(answers) == ["unchanged"]
    stored = read(app, collection_path, record["id"])
    assert stored["last_modified"] == created[0]["last_modified"]
    assert stored["schema"] < app.get(collection_path).json["data"]["last_modified"]


TIMESTAMPS = [
    pytest.param(1_500_000_000_000, id="past"),
    pytest.param(0, id="zero"),
    pytest.param(-62_135_596_800_000, id="earliest"),
    pytest.param("1500000000000", id="text"),
    pytest.param(1.5e12, id="float"),
    pytest.param(None, id="null"),
]


@pytest.mark.parametrize("given", TIMESTAMPS)
def test_a_given_timestamp_of_a_new_record_counts_as_with_put(app, free_path, given):
    put = app.put_json(
        f"{free_path}/records/put", {"data": {"last_modified": given}}, headers=PUBLISHER_HEADERS
    ).json["data"]["last_modified"]
    app.delete(f"{free_path}/records/put", headers=PUBLISHER_HEADERS)
    (answer, _) = post(app, free_path, [{"id": "bulk", "last_modified": given}])
    assert answer["status"] == "created"
    assert answer["last_modified"] == read(app, free_path, "bulk")["last_modified"]
    if isinstance(given, int):
        assert answer["last_modified"] == put == given
    else:
        assert answer["last_modified"] > put


def test_a_given_timestamp_of_a_stored_record_counts_when_it_is_later(app, free_path):
    (created, _) = post(app, free_path, [{"id": "r"}])
    stored, later = created["last_modified"], created["last_modified"] + 100_000
    earlier = post(app, free_path, [{"id": "r", "last_modified": stored - 1}])
    same = post(app, free_path, [{"id": "r", "last_modified": stored}])
    moved = post(app, free_path, [{"id": "r", "last_modified": later}])
    assert [statuses(answers) for answers in (earlier, same, moved)] == [
        ["unchanged"],
        ["unchanged"],
        ["updated"],
    ]
    assert read(app, free_path, "r")["last_modified"] == moved[0]["last_modified"] == later


def test_a_given_timestamp_that_is_taken_costs_only_its_own_line(app, free_path):
    post(app, free_path, [{"id": "old", "last_modified": 1000}, {"id": "new"}])
    lines = [{"id": "a"}, {"id": "taken", "last_modified": 1000}, {"id": "b"}]
    answers = post(app, free_path, lines)
    assert statuses(answers) == ["created", "invalid", "created"]
    assert answers[1]["error"] == "Integrity constraint violated, please retry."


def test_blank_lines_and_a_missing_last_line_end_are_no_records(app, free_path):
    body = b'\n{"id": "a"}\r\n \t\n{"id": "b"}'
    answer = app.post(f"{free_path}/bulk", body, headers=PUBLISHER_HEADERS | NDJSON)
    assert [json.loads(line).get("id") for line in answer.body.splitlines()] == ["a", "b", None]


def test_an_empty_body_is_answered_with_a_summary(app, free_path):
    assert statuses(post(app, free_path, [])) == []


def test_gzip_is_understood(app, free_path):
    body = gzip.compress(ndjson([{"id": "a"}])) + gzip.compress(ndjson([{"id": "b"}]))
    headers = PUBLISHER_HEADERS | NDJSON | {"Content-Encoding": "gzip"}
    answer = app.post(f"{free_path}/bulk", body, headers=headers)
    assert answer.body.count(b'"created"') == 3


REFUSALS = [
    pytest.param(
        {"Content-Type": "application/json"},
        415,
        "Content-Type header should be one of ['application/x-ndjson']",
        id="json",
    ),
    pytest.param(
        {"Content-Encoding": "br"}, 415, "Content-Encoding is 'br': expected 'gzip'", id="brotli"
    ),
    pytest.param(
        {"Content-Encoding": "gzip"}, 400, "is not gzip as Content-Encoding says", id="no-gzip"
    ),
    pytest.param({"Authorization": ""}, 401, "Please authenticate yourself", id="anonymous"),
    pytest.param(
        {"Authorization": "Basic c3RyYW5nZXI6"}, 403, "This user cannot access", id="stranger"
    ),
]


@pytest.mark.parametrize(("headers", "status", "message"), REFUSALS)
def test_a_request_that_cannot_be_served_is_refused(app, free_path, headers, status, message):
    answer = app.post(
        f"{free_path}/bulk",
        ndjson([{"id": "a"}]),
        headers=PUBLISHER_HEADERS | NDJSON | headers,
        status=status,
    )
    assert message in answer.json["message"]
    assert answer.json["code"] == status
    assert app.get(f"{free_path}/records", headers=PUBLISHER_HEADERS).json["data"] == []


def test_a_collection_that_does_not_exist_is_not_found(app, free_path):
    answer = app.post(f"{free_path}x/bulk", b"", headers=PUBLISHER_HEADERS | NDJSON, status=404)
    assert answer.json["details"] == {"id": "freex", "resource_name": "collection"}


class TestLimits:
    @pytest.fixture(scope="class")
    @classmethod
    def small(cls, make_app):
        app = make_app(**{"kinto.bulk.max_request_bytes": "200000", "kinto.bulk.batch_size": "10"})
        for path in ("/v1/buckets/b", "/v1/buckets/b/collections/c"):
            app.put_json(path, {}, headers=PUBLISHER_HEADERS)
        return app

    path = "/v1/buckets/b/collections/c"

    def test_a_body_over_the_limit_is_refused_with_the_limit(self, small):
        answer = small.post(
            f"{self.path}/bulk", b"x" * 200_001, headers=PUBLISHER_HEADERS | NDJSON, status=413
        )
        assert "larger than 200000 bytes (kinto.bulk.max_request_bytes" in answer.json["message"]
        assert answer.json["errno"] == 113

    def test_a_bomb_is_refused(self, small):
        headers = PUBLISHER_HEADERS | NDJSON | {"Content-Encoding": "gzip"}
        body = gzip.compress(b"x" * 3_000_000)
        answer = small.post(f"{self.path}/bulk", body, headers=headers, status=413)
        assert "200000 bytes" in answer.json["message"]

    @pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
    def test_too_many_lines_are_refused_before_the_first_is_parsed(self, make_app, is_gzip):
        app = make_app(**{"kinto.bulk.max_lines": "50", "kinto.bulk.batch_size": "10"})
        for path in ("/v1/buckets/b", self.path):
            app.put_json(path, {}, headers=PUBLISHER_HEADERS)
        body = ndjson([{"id": f"r{number}"} for number in range(51)])
        headers = PUBLISHER_HEADERS | NDJSON | ({"Content-Encoding": "gzip"} if is_gzip else {})
        url, pack = f"{self.path}/bulk", gzip.compress if is_gzip else bytes
        answer = app.post(url, pack(body), headers=headers, status=413)
        assert "more than 50 lines (kinto.bulk.max_lines)" in answer.json["message"]
        assert app.get(f"{self.path}/records", headers=PUBLISHER_HEADERS).json["data"] == []
        *lines, _ = body.splitlines(keepends=True)
        answer = app.post(url, pack(b"".join(lines)), headers=headers)
        assert json.loads(answer.body.splitlines()[-1])["summary"]["created"] == 50

    def test_what_was_answered_before_the_limit_is_stored(self, small):
        headers = PUBLISHER_HEADERS | NDJSON | {"Content-Encoding": "gzip"}
        lines = [{"id": f"limit{number}", "text": "x" * 1000} for number in range(300)]
        answer = small.post(f"{self.path}/bulk", gzip.compress(ndjson(lines)), headers=headers)
        *answered, last = [json.loads(line) for line in answer.body.splitlines()]
        assert {line["status"] for line in answered} == {"created"}
        assert last["error"]["code"] == 413
        listed = small.get(f"{self.path}/records", headers=PUBLISHER_HEADERS).json["data"]
        assert {line["id"] for line in answered} == {record["id"] for record in listed}
        assert 10 <= len(answered) < 200

    def test_a_gzip_that_breaks_off_ends_in_an_error(self, small):
        headers = PUBLISHER_HEADERS | NDJSON | {"Content-Encoding": "gzip"}
        body = gzip.compress(ndjson([{"id": "cut"}]))[:-10]
        answer = small.post(f"{self.path}/bulk", body, headers=headers, status=400)
        assert "breaks off in the middle of its gzip data" in answer.json["message"]


def test_the_endpoint_is_announced(app):
    capability = app.get("/v1/").json["capabilities"]["bulk"]
    assert capability["max_line_bytes"] == 1_048_576
    assert capability["max_request_bytes"] == 536_870_912
    api = app.get("/v1/__api__").json
    operation = api["paths"]["/buckets/{bucket_id}/collections/{collection_id}/bulk"]["post"]
    assert operation["consumes"] == ["application/x-ndjson"]
    assert {"200", "400", "401", "403", "404", "413", "415", "503"} <= operation["responses"].keys()


def test_a_read_only_server_takes_nothing(make_app, app, free_path):
    database_url = app.app.registry.settings["storage_url"]
    frozen = make_app(database_url, **{"kinto.readonly": "true"})
    frozen.post(f"{free_path}/bulk", b"", headers=PUBLISHER_HEADERS | NDJSON, status=405)


def test_the_endpoint_needs_our_storage(make_app):
    with pytest.raises(ConfigurationError, match=r"kinto_buildhub\.storage, not kinto\.core"):
        make_app(**{"kinto.storage_backend": "kinto.core.storage.memory"})


class TestRights:
    """Users other than the bucket's owner; what they may is asked line by line."""

    @pytest.fixture
    @classmethod
    def helper(cls, app):
        headers = {"Authorization": "Basic aGVscGVyOnNlY3JldA=="}
        return headers, app.get("/v1/", headers=headers).json["user"]["id"]

    def test_a_record_s_own_permission_is_enough(self, app, free_path, helper):
        headers, principal = helper
        post(app, free_path, [{"id": "mine"}, {"id": "yours"}])
        app.patch_json(
            f"{free_path}/records/mine",
            {"permissions": {"write": [principal]}},
            headers=PUBLISHER_HEADERS,
        )
        lines = [{"id": "mine", "n": 1}, {"id": "yours", "n": 1}, {"id": "new"}, {"id": "a b"}]
        answers = post(app, free_path, lines, headers=headers | NDJSON)
        assert statuses(answers) == ["updated", "forbidden", "forbidden", "invalid"]
        assert answers[1]["error"] == "This user cannot access this resource."

    def test_whoever_creates_a_record_owns_it(self, app, free_path, helper):
        headers, principal = helper
        app.patch_json(
            free_path, {"permissions": {"record:create": [principal]}}, headers=PUBLISHER_HEADERS
        )
        post(app, free_path, [{"id": "first"}])
        answers = post(app, free_path, [{"id": "first"}, {"id": "own"}], headers=headers | NDJSON)
        assert statuses(answers) == ["forbidden", "created"]
        own = app.get(f"{free_path}/records/own", headers=headers).json
        assert own["permissions"] == {"write": [principal]}
        assert statuses(
            post(app, free_path, [{"id": "own", "n": 1}], headers=headers | NDJSON)
        ) == ["updated"]

    def test_everyone_may_write_where_the_owner_says_so(self, app, free_path):
        permissions = {"write": ["system.Everyone"]}
        app.patch_json(free_path, {"permissions": permissions}, headers=PUBLISHER_HEADERS)
        assert statuses(post(app, free_path, [{"id": "r"}], headers=NDJSON)) == ["created"]

    def test_the_settings_give_rights_too(self, make_app, app, free_path, helper):
        headers, principal = helper
        settings = {"kinto.record_create_principals": principal}
        generous = make_app(app.app.registry.settings["storage_url"], **settings)
        assert statuses(post(generous, free_path, [{"id": "r"}], headers=headers | NDJSON)) == [
            "created"
        ]

    def test_nobody_owns_records_without_explicit_permissions(self, make_app, app, free_path):
        settings = {"kinto.explicit_permissions": "false"}
        implicit = make_app(app.app.registry.settings["storage_url"], **settings)
        post(implicit, free_path, [{"id": "r"}])
        stored = app.get(f"{free_path}/records/r", headers=PUBLISHER_HEADERS).json
        assert stored["permissions"] == {}


def test_it_works_without_a_transaction_per_request(make_app):
    app = make_app(**{"kinto.transaction_per_request": "false"})
    for path in ("/v1/buckets/b", "/v1/buckets/b/collections/c"):
        app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    path = "/v1/buckets/b/collections/c"
    assert statuses(post(app, path, [{"id": "r"}, {"id": "s"}])) == ["created", "created"]
    assert statuses(post(app, path, [{"id": "r", "n": 1}, {"id": "s"}])) == ["updated", "unchanged"]


def test_it_works_with_other_permission_backends(make_app):
    app = make_app(**{"kinto.permission_backend": "kinto.core.permission.memory"})
    for path in ("/v1/buckets/b", "/v1/buckets/b/collections/c"):
        app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    post(app, "/v1/buckets/b/collections/c", [{"id": "r"}])
    stored = app.get("/v1/buckets/b/collections/c/records/r", headers=PUBLISHER_HEADERS).json
    assert len(stored["permissions"]["write"]) == 1


def test_it_works_in_the_default_bucket(app):
    path = "/v1/buckets/default/collections/fresh"
    assert statuses(post(app, path, [{"id": "r"}])) == ["created"]
    assert read(app, path, "r")["id"] == "r"
