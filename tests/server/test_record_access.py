"""Who gets to see records: each endpoint, with each permission, on the fast path and Kinto's.

The rule is Kinto's own for ``GET …/records``. Whoever may not list all records may not search them
either, or learn anything from them.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import webtest
from buildhub_schema import collection_metadata
from buildhub_schema.coverage import PAIRS, coverage_metadata
from kinto_buildhub.collection_context import COLLECTION
from kinto_buildhub.search.search_contexts import encode_context

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import index_of, search_of

OTHER_HEADERS = {"Authorization": "Basic b3RoZXI6cGFzc3dvcmQ="}
EVERYONE = "system.Everyone"

# Has no meaning, and keeps the fast path away.
ON_KINTO_PATH = {"Cookie": "any=thing"}

SECRET = "secret-locale"
UNTIL = "2024-05-01T00:00:00Z"
RECORD_ID = "firefox_nightly_secret"


class Way(NamedTuple):
    """One way to records: a request below the collection."""

    method: str
    endpoint: str
    body: str = ""
    content_type: str = "application/json"
    allowed: int = 200  # Status for whoever may.


MATCH_ALL = '{"query": {"match_all": {}}}'
MULTI = f"{{}}\n{MATCH_ALL}\n"
# Stands for the ID of a scroll, and of a point in time, of the collection.
CONTEXT_ID = "CONTEXT-ID"
SCROLL = json.dumps({"scroll_id": CONTEXT_ID})
MGET = json.dumps({"ids": [RECORD_ID]})
CHANGE = json.dumps({"data": make_record(id=RECORD_ID)})

READS_ALL = [
    Way("GET", "search"),
    Way("POST", "search", MATCH_ALL),
    Way("GET", "_search"),
    Way("POST", "_search", MATCH_ALL),
    Way("GET", "_count"),
    Way("POST", "_count", MATCH_ALL),
    Way("GET", "_msearch", MULTI),
    Way("POST", "_msearch", MULTI),
    Way("GET", "_mapping"),
    Way("GET", "releases"),
    Way("GET", "releases/_search"),
    Way("POST", "releases/_search", MATCH_ALL),
    Way("GET", "releases/_count"),
    Way("POST", "releases/_count", MATCH_ALL),
    Way("GET", "releases/_msearch", MULTI),
    Way("POST", "releases/_msearch", MULTI),
    Way("GET", "releases/_mapping"),
    Way("GET", ""),
    Way("GET", "_mget", MGET),
    Way("POST", "_mget", MGET),
    Way("GET", "releases/_mget", MGET),
    Way("POST", "releases/_mget", MGET),
    Way("GET", f"releases/_doc/{RECORD_ID}"),
    Way("GET", f"releases/_source/{RECORD_ID}"),
    Way("POST", "releases/_pit?keep_alive=1m"),
    Way("DELETE", "_pit", json.dumps({"id": CONTEXT_ID})),
    *(Way(method, "_search/scroll", SCROLL) for method in ("GET", "POST", "DELETE")),
    *(Way(method, f"_search/scroll/{CONTEXT_ID}") for method in ("GET", "POST", "DELETE")),
    Way("GET", "coverage"),
    # The server of the tests keeps no answer open.
    Way("GET", "changes", allowed=501),
]
READS_WHAT_IS_SHARED = [
    Way("GET", "records"),
    Way("GET", "records?target.channel=beta&_limit=1"),
    Way("HEAD", "records"),
    Way("GET", f"records/{RECORD_ID}"),
    Way("HEAD", f"records/{RECORD_ID}"),
]
WRITES = [
    Way("POST", "_repair", "{}"),
    Way("POST", "bulk", "", "application/x-ndjson"),
    Way("POST", "records", CHANGE),
    Way("PUT", f"records/{RECORD_ID}", CHANGE),
    Way("PATCH", f"records/{RECORD_ID}", CHANGE),
    Way("DELETE", f"records/{RECORD_ID}"),
    Way("DELETE", "records"),
]


class Grant(NamedTuple):
    """What a user has been given."""

    collection: tuple[str, ...] = ()
    bucket: tuple[str, ...] = ()
    record: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    sees_all: bool = False
    sees_shared: bool = False


GRANTS = {
    "nothing": Grant(),
    "record:create": Grant(collection=("record:create",)),
    "a record": Grant(record=("read",), sees_shared=True),
    "collection:create": Grant(bucket=("collection:create",)),
    "collection_read_principals": Grant(settings=("collection_read_principals",)),
    "bucket_read_principals": Grant(settings=("bucket_read_principals",)),
    "record_read_principals": Grant(settings=("record_read_principals",), sees_all=True),
    "read": Grant(collection=("read",), sees_all=True),
    "write": Grant(collection=("write",), sees_all=True),
    "read the bucket": Grant(bucket=("read",), sees_all=True),
}

MakeServer = Callable[[tuple[str, ...]], webtest.TestApp]


@pytest.fixture(scope="module")
def make_server(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MakeServer]:
    """A function that returns a server on which everyone has what the settings of a grant give."""
    servers: dict[tuple[str, ...], webtest.TestApp] = {}

    def make(granting: tuple[str, ...]) -> webtest.TestApp:
        if granting not in servers:
            folder: Path = tmp_path_factory.mktemp("search")
            url = make_database()
            make_app(url)  # Its tables are there before the search index looks for them.
            servers[granting] = make_app(
                url,
                **{
                    "kinto.search.path": str(folder),
                    "kinto.search.leases": str(folder / "leases"),
                    "kinto.elasticsearch.force_refresh": "true",
                    "kinto.experimental_permissions_endpoint": "true",
                    **{f"kinto.{name}": EVERYONE for name in granting},
                },
            )
        return servers[granting]

    yield make
    for app in servers.values():
        search_of(app).follower.stop()
        search_of(app).engine.close()


def granted(names: tuple[str, ...], principal: str) -> dict[str, list[str]]:
    return {name: [principal] for name in names}


def make_catalogue(app: webtest.TestApp, grant: Grant, principal: str) -> str:
    """Create a catalogue with one record, its coverage included; return its path."""
    bucket = f"/v1/buckets/access-{uuid.uuid4().hex}"
    path = f"{bucket}/collections/releases"
    bodies = {
        bucket: {"permissions": granted(grant.bucket, principal)},
        path: {
            "data": collection_metadata(),
            "permissions": granted(grant.collection, principal),
        },
        f"{path}-coverage": {
            "data": coverage_metadata(),
            "permissions": granted(grant.collection, principal),
        },
        f"{path}-coverage/records/firefox_nightly": {
            "data": {
                "product": "firefox",
                "channel": "nightly",
                "checked_by": "walk",
                "complete_until": UNTIL,
            }
        },
        f"{path}/records/{RECORD_ID}": {
            "data": make_record(id=RECORD_ID, target__locale=SECRET),
            "permissions": granted(grant.record, principal),
        },
    }
    for url, body in bodies.items():
        app.put_json(url, body, headers=PUBLISHER_HEADERS)
    return path


def ask(app: webtest.TestApp, path: str, way: Way, headers: dict[str, str]) -> Any:
    context = {"body": {}, "parameters": {}, "after": [0]}
    context_id = encode_context(index_of(path), None, context)
    return app.request(
        f"{path}/{way.endpoint}".replace(CONTEXT_ID, context_id),
        method=way.method,
        body=way.body.replace(CONTEXT_ID, context_id).encode(),
        headers={"Content-Type": way.content_type} | headers,
        status="*",
    )


@pytest.mark.parametrize("given", GRANTS)
@pytest.mark.parametrize("is_anonymous", [True, False], ids=["anonymous", "an account"])
def test_records_are_shown_to_whoever_may_list_them(
    make_server: MakeServer, given: str, is_anonymous: bool
) -> None:
    grant = GRANTS[given]
    app = make_server(grant.settings)
    user = {} if is_anonymous else OTHER_HEADERS
    principal = EVERYONE
    if not is_anonymous:
        principal = app.get("/v1/", headers=OTHER_HEADERS).json["user"]["id"]
    path = make_catalogue(app, grant, principal)
    refusal = 401 if is_anonymous else 403
    # Twice, since the fast path learns from the first; and past it.
    for headers in (user, user, user | ON_KINTO_PATH):
        for way in READS_ALL:
            answer = ask(app, path, way, headers)
            expected = way.allowed if grant.sees_all else refusal
            assert answer.status_code == expected, (way, answer.text)
            if not grant.sees_all:
                assert SECRET not in answer.text
                assert "Complete-Until" not in answer.headers
        for way in READS_WHAT_IS_SHARED:
            answer = ask(app, path, way, headers)
            sees = grant.sees_all or grant.sees_shared
            if way.method == "GET":
                assert (SECRET in answer.text) == sees, (way, answer.text)
            elif "/" in way.endpoint:
                assert (answer.status_code == 200) == sees, (way, answer.status)
            else:
                assert answer.headers.get("Total-Records", "0") == str(int(sees)), way


@pytest.mark.parametrize("given", [name for name in GRANTS if name != "write"])
def test_records_are_changed_by_nobody_else(make_server: MakeServer, given: str) -> None:
    grant = GRANTS[given]
    app = make_server(grant.settings)
    path = make_catalogue(app, grant, EVERYONE)
    for way in WRITES:
        answer = ask(app, path, way, {})
        # Of a record that is there, POST returns what is there to whoever may read it.
        is_returned = way[:2] == ("POST", "records") and (grant.sees_all or grant.sees_shared)
        is_refused = answer.status_code in (401, 403, 405)
        may_create = given == "record:create" and way.endpoint in ("bulk", "records")
        assert is_refused or is_returned or may_create, (way, answer.text)
        assert SECRET not in answer.text or is_returned, (way, answer.text)
    record = app.get(f"{path}/records/{RECORD_ID}", headers=PUBLISHER_HEADERS).json["data"]
    assert record["target"]["locale"] == SECRET


def test_each_endpoint_below_a_collection_is_in_the_tables(make_server: MakeServer) -> None:
    """A new endpoint has to say here who may see what it shows."""
    introspector = make_server(()).app.registry.introspector
    views = [each["introspectable"] for each in introspector.get_category("views")]
    found = set()
    for view in views:
        route = view["route_name"] and introspector.get("routes", view["route_name"])
        _, is_below, endpoint = str(route and route["pattern"]).partition(f"{COLLECTION}/")
        methods = view["request_methods"] or ()
        for method in (methods,) if isinstance(methods, str) else methods:
            if is_below and method not in ("OPTIONS", "HEAD"):
                found.add((method, endpoint))
    tables = {
        (way.method, way.endpoint.partition("?")[0])
        for way in READS_ALL + READS_WHAT_IS_SHARED + WRITES
        if way.method != "HEAD"
    }
    spelled = {
        "{id}": RECORD_ID,
        "{record_id:.+}": RECORD_ID,
        "{scroll_id}": CONTEXT_ID,
        "{index_name:(?!records$|groups$)[^/]+}": "releases",
    }
    for pattern, example in spelled.items():
        found = {(method, endpoint.replace(pattern, example)) for method, endpoint in found}
    assert found == tables


class TestCoverageOfOthers:
    """``X-coverage`` may belong to somebody else than ``X``."""

    def make(self, app: webtest.TestApp, *, read: list[str]) -> str:
        """Create the publisher's coverage, and somebody else's collection without ``-coverage``."""
        bucket = f"/v1/buckets/access-{uuid.uuid4().hex}"
        coverage = f"{bucket}/collections/releases-coverage"
        bodies = {
            bucket: {"permissions": {"collection:create": ["system.Authenticated"]}},
            coverage: {"data": coverage_metadata(), "permissions": {"read": read}},
        }
        for product, channel in PAIRS:
            report = {"product": product, "channel": channel, "complete_until": UNTIL}
            bodies[f"{coverage}/records/{product}_{channel}"] = {"data": report}
        for url, body in bodies.items():
            app.put_json(url, body, headers=PUBLISHER_HEADERS)
        path = f"{bucket}/collections/releases"
        body = {"data": collection_metadata(), "permissions": {"read": [EVERYONE]}}
        app.put_json(path, body, headers=OTHER_HEADERS)
        return path

    def test_it_is_not_shown_to_whoever_may_not_list_it(self, make_server: MakeServer) -> None:
        app = make_server(())
        path = self.make(app, read=[])
        assert app.get(f"{path}/coverage", status="*").status_code == 401
        assert app.get(f"{path}/coverage", headers=OTHER_HEADERS, status="*").status_code == 403
        assert app.get(f"{path}/coverage", headers=PUBLISHER_HEADERS).json["data"]["channels"]
        assert "Complete-Until" not in app.get(f"{path}/records").headers
        assert "Complete-Until" not in app.get(f"{path}/_count").headers

    def test_it_is_shown_to_whoever_may_list_both(self, make_server: MakeServer) -> None:
        app = make_server(())
        path = self.make(app, read=[EVERYONE])
        assert app.get(f"{path}/coverage").json["data"]["channels"]
        assert app.get(f"{path}/records").headers["Complete-Until"] == UNTIL

    def test_it_stays_when_the_other_collection_is_deleted(self, make_server: MakeServer) -> None:
        app = make_server(())
        path = self.make(app, read=[EVERYONE])
        app.delete(path, headers=OTHER_HEADERS)
        url = f"{path}-coverage/records/firefox_nightly"
        assert app.get(url, headers=PUBLISHER_HEADERS).json["data"]["complete_until"] == UNTIL
