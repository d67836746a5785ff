"""Answers of the real server, compressed and not."""

import re
import zlib

import pytest
from backports import zstd
from kinto_buildhub.compression.compressor import Compressor
from pyramid.response import Response

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.anonymous.conftest import ON_KINTO_PATH
from tests.server.compression.conftest import asking

NDJSON = {"Content-Type": "application/x-ndjson"}


def decode(response):
    """Return the body of an answer as a client reads it."""
    coding = response.headers.get("Content-Encoding")
    if coding == "gzip":
        return zlib.decompress(response.body, 31)
    return zstd.decompress(response.body) if coding == "zstd" else response.body


CLIENTS = [
    pytest.param({}, id="fast-path"),
    pytest.param(ON_KINTO_PATH, id="kinto-path"),
    pytest.param(PUBLISHER_HEADERS, id="publisher"),
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", ["", "?_limit=2", "/r1"], ids=["list", "page", "record"])
def test_a_compressed_answer_is_the_same_answer(ask, records, path, coding, client):
    plain = ask(records + path, client)
    for _ in range(2):  # Made, and kept.
        packed = ask(records + path, {**client, "Accept-Encoding": coding})
        assert packed.headers["Content-Encoding"] == coding
        assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body) / 2
        assert decode(packed) == plain.body
    assert "Content-Encoding" not in plain.headers
    same = {"Content-Type", "Last-Modified", "Cache-Control", "Total-Objects"}
    for name in same | {"Vary", "Access-Control-Expose-Headers"}:
        assert plain.headers.get(name) == packed.headers.get(name), name
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_head_has_the_headers_of_get(ask, records, coding, client):
    headers = {**client, "Accept-Encoding": coding}
    got, head = (ask(f"{records}/r1", headers, m) for m in ("GET", "HEAD"))
    assert head.body == b""
    assert {**head.headers} == {**got.headers}


@pytest.mark.parametrize("client", CLIENTS)
def test_each_coding_has_its_own_tag_which_is_the_same_number(ask, records, client):
    tags = {}
    for coding in ("identity", "gzip", "zstd"):
        response = ask(records, {**client, "Accept-Encoding": coding})
        tags[coding] = response.headers["ETag"]
    assert len(set(tags.values())) == 3
    assert len({int(tag.strip('"')) for tag in tags.values()}) == 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", ["", "/r1"], ids=["list", "record"])
def test_the_tag_of_a_compressed_answer_asks_whether_it_is_current(
    ask, records, path, coding, client
):
    headers = {**client, "Accept-Encoding": coding}
    tag = ask(records + path, headers).headers["ETag"]
    for method in ("GET", "HEAD"):
        known = {**headers, "If-None-Match": tag}
        current = ask(records + path, known, method, status=304)
        assert current.headers["ETag"] == tag
        assert "Accept-Encoding" in current.headers["Vary"]
        assert "Content-Encoding" not in current.headers


def test_a_client_without_the_compressed_answer_is_told_the_tag_of_its_own(ask, records):
    tag = ask(records, {}).headers["ETag"]
    headers = {"If-None-Match": tag, "Accept-Encoding": "gzip"}
    assert ask(records, headers, status=304).headers["ETag"] == tag


@pytest.mark.parametrize("form", ["{}", "W/{}", "W/{}, {}"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_the_tag_of_a_compressed_answer_guards_a_write(ask, collection_path, coding, form):
    path = f"{collection_path}/records/a"
    body = {"data": make_record(id="a", build__cc="x" * 2000)}
    ask(path, PUBLISHER_HEADERS, "PUT", body, 201)
    tag = ask(path, {"Accept-Encoding": coding}).headers["ETag"]
    matching = {**PUBLISHER_HEADERS, "If-Match": form.replace("{}", tag)}
    ask(path, matching, "PUT", body, status=200)
    ask(path, matching, "PUT", body, status=412)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_the_tag_of_a_compressed_answer_bounds_a_poll(ask, records, coding, client):
    tag = ask(records, {**client, "Accept-Encoding": coding}).headers["ETag"]
    for form in (tag, tag.strip('"'), f"W/{tag}"):
        assert ask(f"{records}?_since={form}", client).json_body["data"] == []
        assert len(ask(f"{records}?_before={form}", client).json_body["data"]) == 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/", 200),
        ("GET", "/v1/__api__", 200),
        ("GET", "/v1/buckets/compressed/collections/c/coverage", 200),
        ("GET", "/v1/catalog/", 401),
    ],
)
def test_other_answers_are_compressed_too(ask, records, method, path, status):
    for coding in ("gzip", "zstd"):
        headers = {"Accept-Encoding": coding}
        packed = ask(path, headers, method, status=status)
        if packed.headers.get("Content-Encoding") is None:
            assert len(packed.body) < 1024
        else:
            assert packed.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_short_answer_is_sent_as_it_is(ask):
    response = ask("/v1/__lbheartbeat__", {"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Vary"] == "Accept-Encoding"


def test_a_short_answer_is_compressed_for_who_takes_nothing_else(ask):
    headers = {"Accept-Encoding": "gzip, identity;q=0"}
    response = ask("/v1/__lbheartbeat__", headers)
    assert response.headers["Content-Encoding"] == "gzip"
    assert decode(response) == b"{}"


def test_the_lines_of_a_bulk_request_are_compressed(ask, collection_path):
    lines = b'{"id": "a"}\n' * 500
    headers = {**PUBLISHER_HEADERS, **NDJSON, "Accept-Encoding": "gzip"}
    response = ask(f"{collection_path}/bulk", headers, "POST", lines)
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Content-Length" not in response.headers
    body = decode(response)
    assert body.count(b"\n") == 501
    assert len(response.body) < len(body) / 10


def test_what_can_be_asked_for_with_a_password_is_not_compressed(make_app):
    accounts = {
        "multiauth.policies": "account",
        "multiauth.policy.account.use": "kinto_buildhub.access.accounts.AccountsPolicy",
        "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
        "kinto.account_create_principals": "system.Everyone",
    }
    app = make_app(**accounts)
    body = {"data": {"id": "publisher", "password": "secret", "note": "x" * 3000}}
    headers = {"Accept-Encoding": "gzip, identity;q=0"}
    made = asking(app)("/v1/accounts/publisher", headers, "PUT", body, 201)
    assert "Content-Encoding" not in made.headers


@pytest.mark.parametrize("value", ["", "gzip", "zstd"])
def test_the_codings_are_a_setting(make_app, value):
    app = make_app(**{"kinto.buildhub.compression": value})
    headers = {"Accept-Encoding": "zstd, gzip, identity;q=0"}
    response = asking(app)("/v1/__lbheartbeat__", headers)
    assert response.headers.get("Content-Encoding", "") == value


def test_the_smallest_size_is_a_setting(make_app):
    app = make_app(**{"kinto.buildhub.compression_min_bytes": "0"})
    response = asking(app)("/v1/__lbheartbeat__", {"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


def compress(response, accept_encoding="gzip", **environ):
    """Send a response through a compressor; return its headers and parts."""
    asked = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": accept_encoding, **environ}
    sent = Compressor(("zstd", "gzip"), min_bytes=10).answer(asked, lambda _: response)
    found = {}

    def start_response(status, headers):
        found.update({name.lower(): value for name, value in headers})

    return found, sent(asked, start_response)


@pytest.mark.parametrize(
    ("changes", "coding"),
    [
        pytest.param({"content_type": "application/json"}, "gzip", id="json"),
        pytest.param({"content_type": "application/problem+json"}, "gzip", id="problem"),
        pytest.param({"content_type": "application/atom+xml"}, "gzip", id="feed"),
        pytest.param({"content_type": "image/svg+xml"}, "gzip", id="svg"),
        pytest.param({"content_type": "text/csv"}, "gzip", id="csv"),
        pytest.param({"content_type": "image/png"}, None, id="png"),
        pytest.param({"content_type": "application/octet-stream"}, None, id="file"),
        pytest.param({"cache_control": "no-transform"}, None, id="no-transform"),
        pytest.param({"accept_ranges": "bytes"}, None, id="ranges"),
        pytest.param({"content_encoding": "br"}, "br", id="compressed"),
    ],
)
def test_what_is_worth_it(changes, coding):
    response = Response(b"x" * 2000, content_type="text/plain")
    for name, value in changes.items():
        setattr(response, name, value)
    headers, _ = compress(response)
    assert headers.get("content-encoding") == coding


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "Accept-Encoding"),
        ("Accept", "Accept, Accept-Encoding"),
        ("accept-encoding", "accept-encoding"),
        ("*", "*"),
    ],
)
def test_what_an_answer_varies_by(given, expected):
    response = Response(b"x" * 20)
    if given:
        response.headers["Vary"] = given
    assert compress(response)[0]["vary"] == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [('"5"', '"05"'), ('W/"5"', 'W/"5"'), ('"five"', 'W/"five"')]
)
def test_the_tag_of_a_compressed_answer(tag, expected):
    response = Response(b"x" * 20, headerlist=[("ETag", tag), ("Content-Type", "text/plain")])
    response.body = b"x" * 20
    assert compress(response)[0]["etag"] == expected


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_body_in_pieces_stays_one_and_each_piece_can_be_read_when_it_comes(coding):
    made = []

    def pieces():
        for number in range(3):
            made.append(number)
            yield b"piece %d " % number * 100

    _, parts = compress(Response(app_iter=pieces(), content_type="text/plain"), coding)
    read = zlib.decompressobj(31) if coding == "gzip" else zstd.ZstdDecompressor()
    for number, part in enumerate(parts):
        assert max(made) == min(number, 2)
        assert re.fullmatch(rb"(piece \d )*", read.decompress(part))
    assert made == [0, 1, 2]


def test_the_source_of_a_body_is_closed():
    closed = []

    class Source(list):
        def close(self):
            closed.append(True)

    for method in ("GET", "HEAD"):
        response = Response(app_iter=Source([b"x"]), content_type="text/plain")
        _, parts = compress(response, REQUEST_METHOD=method)
        if method == "GET":
            parts.close()
    assert closed == [True, True]
