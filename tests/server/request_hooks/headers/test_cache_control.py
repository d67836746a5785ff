"""Who may keep an answer, and for how long."""

import pytest
from kinto_buildhub.request_hooks.headers.cache_control import cache_control

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.anonymous.conftest import ON_KINTO_PATH

SIGNED_IN = {"HTTP_AUTHORIZATION": "Basic x"}


@pytest.mark.parametrize(
    ("request_", "status", "given", "expected"),
    [
        pytest.param({}, 200, None, "no-cache", id="public"),
        pytest.param({}, 200, "no-cache, no-store", "no-cache", id="public-by-kinto"),
        pytest.param({"REQUEST_METHOD": "HEAD"}, 200, None, "no-cache", id="head"),
        pytest.param({}, 304, None, "no-cache", id="not-modified"),
        pytest.param({}, 302, None, "no-cache", id="redirect"),
        pytest.param({}, 200, "max-age=60", "max-age=60", id="own"),
        pytest.param({}, 200, "no-store", "no-store", id="own-for-nobody"),
        pytest.param(SIGNED_IN, 200, None, "private, no-cache", id="signed-in"),
        pytest.param(SIGNED_IN, 200, "no-cache, no-store", "private, no-cache", id="by-kinto"),
        pytest.param(SIGNED_IN, 200, "max-age=60", "private, no-cache", id="signed-in-own"),
        pytest.param(SIGNED_IN, 200, "no-store", "no-store", id="signed-in-for-nobody"),
        pytest.param(
            SIGNED_IN,
            200,
            "public, max-age=9, immutable",
            "public, max-age=9, immutable",
            id="file",
        ),
        pytest.param(SIGNED_IN, 304, None, "private, no-cache", id="signed-in-not-modified"),
        pytest.param({}, 401, None, "no-store", id="error"),
        pytest.param({}, 503, "no-cache, no-store", "no-store", id="error-by-kinto"),
        pytest.param({}, 404, "max-age=300", "max-age=300", id="badge-of-nothing"),
        pytest.param({"REQUEST_METHOD": "PUT"}, 200, None, "no-store", id="write"),
        pytest.param({"REQUEST_METHOD": "POST"}, 200, None, "no-store", id="posted-search"),
        pytest.param({"PATH_INFO": "/v1/accounts/a"}, 200, None, "no-store", id="account"),
        pytest.param({"PATH_INFO": "/v1/credentials"}, 200, None, "no-store", id="credentials"),
        pytest.param({"PATH_INFO": "/v1/credentialsx"}, 200, None, "no-cache", id="another"),
    ],
)
def test_the_header(request_, status, given, expected):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/", **request_}
    assert cache_control(environ, status, given, "no-cache") == expected


def put_record(app, path):
    app.put_json(f"{path}/records/a", {"data": make_record(id="a")}, headers=PUBLISHER_HEADERS)


@pytest.mark.parametrize("endpoint", ["records", "records/a", "coverage"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, "no-cache", id="fast-path"),
        pytest.param(ON_KINTO_PATH, "no-cache", id="kinto-path"),
        pytest.param(PUBLISHER_HEADERS, "private, no-cache", id="publisher"),
    ],
)
def test_reads(app, collection_path, endpoint, headers, expected):
    put_record(app, collection_path)
    for method in ("GET", "HEAD"):
        for _ in range(2):  # Made, and kept.
            response = app.request(f"{collection_path}/{endpoint}", method=method, headers=headers)
            assert response.headers["Cache-Control"] == expected
        if "ETag" in response.headers:
            known = {**headers, "If-None-Match": response.headers["ETag"]}
            path = f"{collection_path}/{endpoint}"
            current = app.request(path, method=method, headers=known, status=304)
            assert current.headers["Cache-Control"] == expected


def test_errors_and_writes(app, collection_path):
    put = app.put_json("/v1/buckets/kept", {}, headers=PUBLISHER_HEADERS)
    assert put.headers["Cache-Control"] == "no-store"
    for path in ("/v1/buckets/kept", "/v1/nothing", f"{collection_path}/records?_limit=x"):
        assert app.get(path, status="4*").headers["Cache-Control"] == "no-store"


def test_public_reads_are_a_setting(make_app):
    app = make_app(**{"kinto.buildhub.cache_control": "public, max-age=60"})
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json("/v1/buckets/kept", everyone, headers=PUBLISHER_HEADERS)
    bucket = app.get("/v1/buckets/kept")
    assert bucket.headers["Cache-Control"] == "public, max-age=60"
    private = app.get("/v1/buckets/kept", headers=PUBLISHER_HEADERS)
    assert private.headers["Cache-Control"] == "private, no-cache"


def test_kintos_own_settings_still_count(make_app):
    app = make_app(**{"kinto.bucket_cache_expires_seconds": "60"})
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json("/v1/buckets/kept", everyone, headers=PUBLISHER_HEADERS)
    assert app.get("/v1/buckets/kept").headers["Cache-Control"] == "max-age=60"


def test_refusals_before_anything_is_known_are_for_nobody(make_app):
    app = make_app(**{"kinto.buildhub.refuse_default_user_agents": "true"})
    assert app.get("/v1/", status=403).headers["Cache-Control"] == "no-store"
