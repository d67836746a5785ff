"""Request lines and headers that Kinto stumbles over."""

import time

import pytest
from kinto_buildhub.request_hooks.request_lines import LONGEST_REQUEST_LINE

from tests.conftest import PUBLISHER_HEADERS


@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param("/firefox_esr_" + "esr" * 150_000, id="old-record-id"),
        pytest.param("?" + "gte=a,1&" * 5000, id="bounds"),
        pytest.param("?in_target.locale=" + "fr," * 100_000, id="members"),
        pytest.param("?download.size=" + "0" * 100_000 + "x", id="zeros"),
        pytest.param("?" + "x" * LONGEST_REQUEST_LINE, id="just-too-long"),
    ],
)
def test_a_long_path_in_a_batch_is_refused_at_once(app, collection_path, suffix):
    path = f"{collection_path}/records"
    requests = [{"method": "GET", "path": path + suffix}, {"method": "GET", "path": path}]
    start = time.monotonic()
    refused, answered = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert refused["status"] == 414
    assert f"at most {LONGEST_REQUEST_LINE} bytes" in refused["body"]["message"]
    assert answered["status"] == 200
    assert time.monotonic() - start < 2


def test_a_path_of_usual_length_in_a_batch_is_answered(app, collection_path):
    path = f"{collection_path}/records?in_target.locale=" + "fr," * 2500
    [answered] = app.post_json("/v1/batch", {"requests": [{"path": path}]}).json["responses"]
    assert answered["status"] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/%00",
        "/v1/buckets/%00",
        "/v1/buckets/a%00b",
        "{collection}%00",
        "{collection}%00/records",
        "{collection}/records/%00",
        "{collection}%00/search",
        "{collection}%00/_search",
        "{collection}%00/coverage",
        "{collection}%00/bulk",
    ],
)
@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
def test_a_nul_in_a_path_is_refused(app, collection_path, method, path, headers):
    url = path.format(collection=collection_path)
    assert app.request(url, method=method, headers=headers, status="*").status_int == 400


@pytest.mark.parametrize("name", ["%C3%A9", "a%0ab", "a.b", "%F0%9F%98%80"])
@pytest.mark.parametrize("endpoint", ["search", "_search", "_count", "_msearch", "_mapping"])
def test_the_id_of_a_searched_collection_is_checked(app, collection_path, name, endpoint):
    app.get(f"{collection_path}{name}/{endpoint}", status=[400, 405])


def test_a_collection_with_too_long_a_name_for_an_index_says_so(app, collection_path):
    path = f"{collection_path}{'a' * 200}"
    metadata = {"data": {"index:schema": {"properties": {"n": {"type": "long"}}}}}
    app.put_json(path, metadata, headers=PUBLISHER_HEADERS)
    for endpoint in ("search", "_search", "_count"):
        answer = app.get(f"{path}/{endpoint}", headers=PUBLISHER_HEADERS, status=400)
        assert "cannot be searched" in answer.text


@pytest.mark.parametrize(
    "charset", ["foo", "base64", "rot13", "punycode", "unicode_escape", "x" * 1000]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/records"),
        ("PUT", "/records/a"),
        ("POST", "/records"),
        ("PATCH", "/records/a"),
        ("DELETE", "/records"),
        ("POST", "/search"),
        ("POST", "/bulk"),
        ("PUT", ""),
        ("POST", "/../../../../batch"),
    ],
)
def test_an_unknown_charset_is_refused(app, collection_path, method, path, charset):
    url = "/v1/batch" if path.endswith("batch") else collection_path + path
    headers = {**PUBLISHER_HEADERS, "Content-Type": f"application/json; charset={charset}"}
    answer = app.request(url, method=method, headers=headers, body=b"{}", status="*")
    assert answer.status_int == 400
    assert "charset" in answer.json["message"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "latin-1", "utf-16"])
def test_a_known_charset_is_honoured(app, collection_path, charset):
    content_type = f"application/json; charset={charset}"
    headers = {**PUBLISHER_HEADERS, "Content-Type": content_type}
    app.get(f"{collection_path}/records", headers=headers, status=200)
    app.get(f"{collection_path}/records", headers={"Content-Type": content_type}, status=200)


@pytest.mark.parametrize("path", ["/v1/", "{collection}/records?_limit=1", "/v1/buckets"])
def test_cookies_are_not_parsed(app, collection_path, monkeypatch, path):
    def parse(text):
        assert not text, "It takes a time quadratic in the length of some cookies."
        return []

    monkeypatch.setattr("webob.cookies.parse_cookie", parse)
    url, headers = path.format(collection=collection_path), {"Cookie": "a" * 8000}
    app.get(url, headers={**PUBLISHER_HEADERS, **headers}, status=200)
    part = {"path": url, "headers": headers}
    answer = app.post_json("/v1/batch", {"requests": [part]}, headers=PUBLISHER_HEADERS)
    assert [each["status"] for each in answer.json["responses"]] == [200]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "parameters", ["", "; boundary=", '; boundary=""', "; boundary=é", "; boundary=" + "x" * 300]
)
def test_a_form_whose_parts_cannot_be_told_is_refused(app, collection_path, method, parameters):
    headers = {**PUBLISHER_HEADERS, "Content-Type": f"multipart/form-data{parameters}"}
    answer = app.request(
        f"{collection_path}/records", method=method, headers=headers, status=400, body=b"x"
    )
    assert "needs a boundary" in answer.json["message"]


def test_a_form_with_a_boundary_is_read(app, collection_path):
    headers = {**PUBLISHER_HEADERS, "Content-Type": 'multipart/form-data; boundary="a b"'}
    app.delete(f"{collection_path}/records", headers=headers, status=200)
