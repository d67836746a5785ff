"""Filters as a client meets them."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record

TODAY = datetime.now(UTC).date()


def midnight(days_ago):
    return f"{TODAY - timedelta(days=days_ago)}T00:00:00Z"


RECORDS = [
    make_record(id="a", target__version="53.0", build__id="20170401", download__size=1),
    make_record(id="b", target__version="56.1", build__id="20170501", download__size=20),
    make_record(id="c", target__version="56.10", build__id="0020170501", download__size=300),
    make_record(id="d", target__version="54.0", build__id=None, target__locale="x,y"),
    make_record(id="e", target__version="null", build__id="1e5", download__date=midnight(3)),
]


@pytest.fixture
def filled(app, collection_path):
    for record in RECORDS:
        app.put_json(
            f"{collection_path}/records/{record['id']}", {"data": record}, headers=PUBLISHER_HEADERS
        )
    return f"{collection_path}/records"


def ids(answer):
    return "".join(sorted(record["id"] for record in answer.json["data"]))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("target.version=53.0", "a"),
        ('target.version="53.0"', "a"),
        ("target.version=56.1", "b"),
        ("target.version=56.10", "c"),
        ("target.version=null", "e"),
        ("build.id=20170501", "b"),
        ("build.id=0020170501", "c"),
        ("build.id=1e5", "e"),
        ("in_target.version=53.0,54.0", "ad"),
        ('in_target.locale="x,y"', "d"),
        ("in_target.version=53.0&in_target.version=54.0", "ad"),
        ("exclude_target.version=53.0,54.0,56.1", "ce"),
        ("not_target.version=53.0", "bcde"),
        ("min_build.id=20170501", "bd"),
        ("gt_build.id=20170401", "bd"),
        ("max_build.id=20170401", "ace"),
        ("lt_build.id=20170401", "ce"),
        ("like_target.version=56.1", "bc"),
        ("like_id=_", ""),
        ("like_target.version=_", ""),
        ("like_target.locale=%25", ""),
        ("like_target.version=5_.0", ""),
        ("like_target.version=5*.0", "ad"),
        ("like_target.version=%5C", ""),
        ("has_build.id=false", "d"),
        ('in_id=["a","b","c"]', "abc"),
        ('exclude_target.version=["53.0", "54.0"]', "bce"),
        ('in_id=["a"]&in_id=b', "ab"),
        ("in_id=a,b", "ab"),
        ("download.size=20", "b"),
        ('download.size="20"', "b"),
        ("gt_download.size=3&lt_download.size=1000", "bc"),
        ("gte=build.id,20170501", "b"),
        ("lt=build.id,20170401", "ce"),
        ("gte=build.id,1&lt=build.id,2&gte=build.id,1e", "e"),
        ("lt=build.id,3&lt=build.id,1", "c"),
        ("lt=download.size,1000&gte=build.id,2", "ab"),
        ("date_range=3", "e"),
        ("date_range=2", ""),
        ("date_range=9999999", "abcde"),
    ],
)
def test_a_filter_finds_exactly_what_it_says(app, filled, query, expected):
    answer = app.get(f"{filled}?{query}")
    assert ids(answer) == expected
    assert app.head(f"{filled}?{query}").headers["Total-Records"] == str(len(expected))


@pytest.mark.parametrize(
    ("query", "name", "problem"),
    [
        ("download.size=big", "download.size", "expected a number, got 'big'"),
        ("gte=build.id", "gte", "expected field,value"),
        ("date_range=-1", "date_range", "expected a number of days"),
        ("target.version=a%00b", "target.version", "0x00"),
        ("not_last_modified=1.5", "not_last_modified", "whole milliseconds, got '1.5'"),
        ("eq_last_modified=1.5", "eq_last_modified", "whole milliseconds"),
        ("min_last_modified=1e3", "min_last_modified", "whole milliseconds"),
        ("max_last_modified=Infinity", "max_last_modified", "Invalid value"),
        ("_before=9999999999999", "_before", "9999999999999 is more than a day in the future"),
        ('_since="9999999999999"', "_since", "expected milliseconds since 1970, below 1"),
        ("_to=9999999999999999999999", "_to", "is more than a day in the future"),
        ("gt_last_modified=1498140377629000", "gt_last_modified", "is more than a day in the fu"),
        (" lt_last_modified=-0.0", "lt_last_modified", "whole milliseconds"),
        ('like_last_modified="5"', "like_last_modified", "text"),
        ("target.versoin=53.0", "target.versoin", "is target.version meant?"),
        ("gte=download.date,yesterday", "gte", "expected a date in UTC"),
        ("_limt=1", "_limt", "is _limit meant?"),
        ("_sort=target", "_sort", "target has no order"),
        ("_fields=target.versoin", "_fields", "is target.version meant?"),
    ],
)
def test_a_bad_filter_is_refused_with_kintos_error(app, filled, query, name, problem):
    answer = app.get(f"{filled}?{query}", status=400).json
    assert (answer["errno"], answer["error"]) == (107, "Invalid parameters")
    assert name in answer["message"]
    assert problem in answer["message"]
    assert answer["details"][0]["name"] == name


@pytest.mark.parametrize("value", ["abc", "1.5", "-1", "null", "true", "1e400", "[5]"])
def test_a_deletion_at_no_timestamp_is_refused(app, filled, value):
    path = f"{filled}/a?last_modified={value}"
    answer = app.delete(path, headers=PUBLISHER_HEADERS, status=400)
    assert "last_modified" in answer.json["message"]
    assert ids(app.get(filled)) == "abcde"


@pytest.mark.parametrize("value", ["4000000000000", '"4000000000000"'])
def test_a_deletion_has_the_timestamp_that_it_is_given(app, filled, value):
    path = f"{filled}/a?last_modified={value}"
    answer = app.delete(path, headers=PUBLISHER_HEADERS)
    assert answer.json["data"]["last_modified"] == 4000000000000


@pytest.mark.parametrize("sort", ["", "&_sort=id", "&_sort=-last_modified,id"])
@pytest.mark.parametrize("timestamp", ["1.5", "1e300", "-0.5"])
def test_a_token_with_a_fraction_is_refused(app, filled, sort, timestamp):
    content = f'{{"last_object":{{"last_modified":{timestamp},"id":"a"}},"nonce":"x","offset":1}}'
    token = b64encode(content.encode()).decode()
    for headers in ({}, PUBLISHER_HEADERS):
        query = f"_limit=1&_token={quote(token)}{sort}"
        app.get(f"{filled}?{query}", headers=headers, status=400)


@pytest.mark.parametrize("query", ["_limt=1", "target.versoin=53.0", "_sort=target"])
def test_a_deletion_with_a_misspelt_parameter_deletes_nothing(app, filled, query):
    app.delete(f"{filled}?{query}", headers=PUBLISHER_HEADERS, status=400)
    assert ids(app.get(filled)) == "abcde"


def test_the_fields_of_a_single_record_are_checked(app, filled):
    answer = app.get(f"{filled}/a?_fields=target.versoin", status=400)
    assert "is target.version meant?" in answer.json["message"]
    record = app.get(f"{filled}/a?_fields=target.version").json["data"]
    assert record["target"] == {"version": "53.0"}


def test_a_misspelt_name_is_not_a_way_to_learn_whether_a_collection_exists(app, filled):
    bucket = filled.partition("/collections")[0] + "-private"
    schema = {"properties": {}, "additionalProperties": False}
    app.put_json(bucket, headers=PUBLISHER_HEADERS)
    path = f"{bucket}/collections/hidden"
    app.put_json(path, {"data": {"schema": schema}}, headers=PUBLISHER_HEADERS)
    query = "/records?_limt=1&x=1"
    answers = [app.get(f"{p}{query}", status=401).json for p in (path, f"{bucket}/collections/no")]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("query", ["nowhere=1", "_limt=1", "_sort=nowhere", "has_nowhere=no"])
def test_a_collection_without_a_closed_schema_answers_as_stock_kinto(app, filled, query):
    path = filled.replace("releases", "stock")
    app.put_json(path.removesuffix("/records"), headers=PUBLISHER_HEADERS)
    assert app.get(f"{path}?{query}", headers=PUBLISHER_HEADERS).json == {"data": []}


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
@pytest.mark.parametrize("operator", ["eq", "not", "lt", "gt", "min", "max", "like", "in"])
@pytest.mark.parametrize("value", ["1.5", "-1e-5", "1e400", "Infinity", "true", "[1]", '"1"', ""])
@pytest.mark.parametrize("collection", [{}, {"schema": {"type": "object"}}], ids=["bare", "schema"])
def test_no_filter_by_timestamp_is_too_much_for_the_database(
    app, collection_path, headers, operator, value, collection
):
    path = collection_path.replace("/releases", f"/{'-'.join(['other', *collection])}")
    app.put_json(path, {"data": collection}, headers=PUBLISHER_HEADERS)
    query = f"{operator}_last_modified={quote(value)}"
    answer = app.get(f"{path}/records?{query}", headers=headers, status="*")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("path", ["/v1/buckets", "{bucket}/collections", "{bucket}/groups"])
def test_other_lists_refuse_such_timestamps_too(app, collection_path, path):
    path = path.format(bucket=collection_path.partition("/collections")[0])
    answer = app.get(f"{path}?gt_last_modified=1.5", headers=PUBLISHER_HEADERS, status=400)
    assert answer.json["details"][0]["name"] == "gt_last_modified"
    app.get(f"{path}?gt_last_modified=1", headers=PUBLISHER_HEADERS, status=200)


def test_the_parameters_are_described(app):
    paths = app.get("/v1/__api__").json["paths"]
    lists = paths["/buckets/{bucket_id}/collections/{collection_id}/records"]
    for method in ("get", "delete"):
        described = {each["name"]: each for each in lists[method]["parameters"]}
        for name in ("gte", "lt", "date_range"):
            assert described[name]["in"] == "query"
            assert described[name]["required"] is False
            assert described[name]["description"]
    others = paths["/buckets/{bucket_id}/collections"]["get"]["parameters"]
    assert not {"gte", "lt", "date_range"} & {each["name"] for each in others}
    assert not {"gte"} & {each["name"] for each in lists["post"]["parameters"]}


def test_pages_of_a_filter_meet_every_record_once(app, filled):
    url = f"{filled}?in_target.version=53.0,54.0,56.10&lt=download.size,10000000000&_limit=1"
    met = []
    while url:
        answer = app.get(url)
        met += [record["id"] for record in answer.json["data"]]
        url = answer.headers.get("Next-Page")
    assert sorted(met) == ["a", "c", "d"]


def test_a_deletion_deletes_exactly_what_the_filter_says(app, filled):
    answer = app.delete(f"{filled}?build.id=20170501", headers=PUBLISHER_HEADERS)
    assert ids(answer) == "b"
    assert ids(app.get(filled)) == "acde"


def test_requests_in_a_batch_are_typed_too(app, filled):
    requests = [
        {"path": f"{filled}?target.version=56.10"},
        {"path": f"{filled}?download.size=big"},
        {"path": f"{filled}?gte=build.id,20170501"},
    ]
    batch = {"defaults": {"method": "GET"}, "requests": requests}
    answers = app.post_json("/v1/batch", batch).json["responses"]
    assert [answer["status"] for answer in answers] == [200, 400, 200]
    found = [[record["id"] for record in a["body"]["data"]] for a in (answers[0], answers[2])]
    assert found == [["c"], ["b"]]


def test_a_collection_without_schema_is_stock_kinto(app, collection_path):
    path = collection_path.replace("releases", "free")
    app.put_json(path, headers=PUBLISHER_HEADERS)
    for record in ({"id": "number", "v": 53.0}, {"id": "text", "v": "53.0", "gte": "v,5"}):
        app.put_json(f"{path}/records/{record['id']}", {"data": record}, headers=PUBLISHER_HEADERS)
    queries = ["v=53.0", 'v="53.0"', "gte=v,5", "date_range=1", "in_v=53"]
    found = [ids(app.get(f"{path}/records?{q}")) for q in queries]
    assert found == ["number", "text", "text", "", "number"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/v1/buckets/{b}/collections/none/records", {}, 404, id="no-collection"),
        pytest.param("/v1/buckets/nowhere/collections/none/records", {}, 401, id="no-bucket"),
        pytest.param("/v1/buckets/{s}/collections/c/records", {}, 401, id="anonymous"),
        pytest.param(
            "/v1/buckets/{s}/collections/c/records",
            {"Authorization": "Basic b3RoZXI6c2VjcmV0"},
            403,
            id="another-user",
        ),
    ],
)
def test_whoever_may_not_read_learns_nothing_from_a_bad_filter(
    app, collection_path, path, headers, status
):
    bucket_id = collection_path.split("/")[3]
    secret_id = f"secret-{bucket_id}"
    collection = app.get(collection_path, headers=PUBLISHER_HEADERS).json["data"]
    app.put_json(f"/v1/buckets/{secret_id}", headers=PUBLISHER_HEADERS)
    app.put_json(
        f"/v1/buckets/{secret_id}/collections/c",
        {"data": {"schema": collection["schema"]}},
        headers=PUBLISHER_HEADERS,
    )
    url = path.format(b=bucket_id, s=secret_id)
    for query in ("download.size=big", "gte=x", "target.version=53.0"):
        app.get(f"{url}?{query}", headers=headers, status=status)


def test_the_collection_is_read_once_a_request(app, filled, monkeypatch):
    storage = app.app.registry.storage
    read = []
    original = storage.get
    monkeypatch.setattr(
        storage,
        "get",
        lambda *args, **kw: read.append(kw["resource_name"]) or original(*args, **kw),
    )
    # With credentials: without, nothing of Kinto's reads it.
    app.get(f"{filled}?target.version=53.0", headers=PUBLISHER_HEADERS)
    assert read == ["collection"]


def test_the_default_bucket_is_typed_too(app, collection_path):
    schema = app.get(collection_path, headers=PUBLISHER_HEADERS).json["data"]["schema"]
    path = "/v1/buckets/default/collections/typed"
    app.put_json(path, {"data": {"schema": schema}}, headers=PUBLISHER_HEADERS)
    app.put_json(f"{path}/records/a", {"data": RECORDS[0]}, headers=PUBLISHER_HEADERS)
    answer = app.get(f"{path}/records?target.version=53.0", headers=PUBLISHER_HEADERS)
    assert ids(answer) == "a"
