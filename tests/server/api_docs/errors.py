"""Requests that are answered with errors: one for each status that a client can cause."""

from collections.abc import Callable
from typing import Any

import webtest
from kinto_buildhub.api_docs.endpoints.builds import RECORD_ID

from tests.server.api_docs.world import COLLECTION, basic

_RECORDS = f"{COLLECTION}/records"
_RECORD = f"{_RECORDS}/{RECORD_ID}"


def _sending(method: str, url: str, **options: Any) -> Callable[[webtest.TestApp], Any]:
    return lambda app: app.request(url, method=method, status="*", **options)


_PUBLISHER = basic("publisher")
_TEXT = _PUBLISHER | {"Content-Type": "text/plain"}

ERROR_REQUESTS: dict[str, Callable[[webtest.TestApp], Any]] = {
    "error 400": _sending("GET", f"{_RECORDS}?target.versoin=53.0b9"),
    "error 401": _sending("DELETE", _RECORD),
    "error 403": _sending("DELETE", _RECORD, headers=basic("colleague")),
    "error 404": _sending("GET", f"{_RECORDS}/no-such-record"),
    "error 405": _sending("PATCH", _RECORDS, headers=_PUBLISHER),
    "error 406": _sending("GET", _RECORD, headers={"Accept": "image/png"}),
    "error 412": _sending("DELETE", _RECORD, headers=_PUBLISHER | {"If-Match": '"1"'}),
    "error 415": _sending("POST", _RECORDS, body=b"text", headers=_TEXT),
    "search 400": _sending("POST", f"{COLLECTION}/_search", body=b'{"query": {"tern": {}}}'),
    "search 401": _sending("POST", "/v1/buckets/private/collections/releases/_search"),
    "search 404": _sending("GET", f"{COLLECTION}/other/_search"),
    "search 405": _sending("PUT", f"{COLLECTION}/_search"),
}
