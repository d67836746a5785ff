"""Sends the example of an operation, and keeps of its answer what is always the same."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import webtest
from kinto_buildhub.api_operations import JSON, Operation
from kinto_buildhub.client_presence import Client, answering

from tests.server.api_docs.world import COLLECTION

Json = dict[str, Any]

# The latest of the timestamps of an answer; those before it are a millisecond apart.
_LATEST_MS = 1498140377629
_TIMESTAMPS = re.compile(r'"(?:last_modified|_version)": ?(\d+)')
# Values that differ from answer to answer, by the name of their field.
_CHANGING = {
    "schema": 1498140377000,
    "took": 1,
    "password": "$2b$12$…",
    "_scroll_id": "SCROLL-ID",
    "commit": "7fc397226475c54fb181ed7d98342ad100ed9643",
    "behind_ms": 0,
    "uuid": "…",
    "created": "2017-06-22T14:06:17Z",
    "ends": "2017-06-22T15:06:17Z",
    "at": "2017-06-22T14:06:17Z",
    "token": "bh_…",
    "hawk_key": "…",
}
_HEADERS = {"ETag": '"1498140377629"', "Last-Modified": "Thu, 22 Jun 2017 14:06:17 GMT"}
_MOST_CHARACTERS = 2000
_NAMED_ONLY = {"text/html": "<!doctype html>…", "image/vnd.microsoft.icon": "…"}


class Request(NamedTuple):
    """A request, as it is sent."""

    method: str
    url: str
    body: bytes
    content_type: str


@contextmanager
def listening_for_a_moment() -> Iterator[None]:
    """Be a client that answers may be left open for, and leave at the end."""
    client = Client(lambda: False)
    with answering(client):
        yield
    if client.open_answer is not None:
        client.open_answer.on_closed()


def send(app: webtest.TestApp, request: Request, headers: dict[str, str]) -> Any:
    """Return the answer to a request."""
    kind = {"Content-Type": request.content_type} if request.content_type else {}
    with listening_for_a_moment():
        return app.request(
            request.url,
            method=request.method,
            body=request.body,
            headers=headers | kind,
            status="*",
            # As web servers have it: a signature is of what was sent.
            environ={"RAW_URI": request.url},
        )


def example_request(app: webtest.TestApp, row: Operation) -> Request:
    """Return the example of an operation."""
    ids = context_ids(app) if "-ID" in repr((row.body, row.parameters)) else {}
    path, query = row.path, []
    for parameter in row.parameters:
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(str(parameter.example), safe=":"))
        elif isinstance(parameter.example, dict):
            query += parameter.example.items()
        elif parameter.place == "query" and parameter.filled_in:
            query.append((parameter.name, parameter.example))
    body, kind = b"", ""
    if row.body:
        example = row.body.example
        text = example if isinstance(example, str) else json.dumps(example)
        body, kind = text.encode(), row.body.content_types[0]
    root = "" if row.at_root else "/v1"
    url = f"{root}{path}?{urlencode(query)}".removesuffix("?")
    for placeholder, found in ids.items():
        url, body = (
            url.replace(placeholder, found),
            body.replace(placeholder.encode(), found.encode()),
        )
    return Request(row.method, url, body, kind)


def context_ids(app: webtest.TestApp) -> dict[str, str]:
    """Return the ID of a scroll, and of a point in time, for the placeholders of examples."""
    scroll = app.post_json(f"{COLLECTION}/_search?scroll=1m&size=1", {}).json["_scroll_id"]
    point = app.post(f"{COLLECTION}/releases/_pit?keep_alive=1m").json["id"]
    return {"POINT-IN-TIME-ID": point, "SCROLL-ID": scroll}


def recorded_form(answer: Any) -> Json:
    """Return status, media type and body of an answer, without what changes."""
    kind = answer.content_type or ""
    timestamps = _read_timestamps(answer.body.decode(errors="replace"))
    if kind.endswith("json") and kind != "application/x-ndjson" and answer.body:
        body: Any = _steady(answer.json, timestamps)
    elif kind in _NAMED_ONLY:
        body = _NAMED_ONLY[kind]
    else:
        body = _TIMESTAMPS.sub(
            lambda found: f'"last_modified":{timestamps[int(found[1])]}', answer.text
        )
        body = re.sub(r"(?m)^id: [0-9]+$", "id: 1498140377629", body)
        body = re.sub(r"<updated>[^<]*", "<updated>2017-06-22T14:06:17Z", body)[:_MOST_CHARACTERS]
        body = re.sub(r"Expires: .*", "Expires: 2017-09-20T00:00:00Z", body)
    return {"status": answer.status_code, "type": kind or JSON, "body": body}


def _read_timestamps(text: str) -> dict[int, int]:
    """Return what is recorded for each timestamp of an answer: another one for each."""
    latest_first = sorted({int(each) for each in _TIMESTAMPS.findall(text)}, reverse=True)
    return {each: _LATEST_MS - place for place, each in enumerate(latest_first)}


def _steady_field(name: str, value: Any, timestamps: Mapping[int, int]) -> Any:
    if name in ("last_modified", "_version") and isinstance(value, int):
        return timestamps[value]
    is_changing = name in _CHANGING and isinstance(value, type(_CHANGING[name]))
    return _CHANGING[name] if is_changing else _steady(value, timestamps)


def _steady(value: Any, timestamps: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [_steady(each, timestamps) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _steady_field(name, each, timestamps) for name, each in value.items()}
    if {"id", "_shards"} <= found.keys():  # A point in time, which is another one each time.
        found["id"] = "POINT-IN-TIME-ID"
    if isinstance(found.get("headers"), dict):
        found["headers"] = {name: _HEADERS[name] for name in _HEADERS if name in found["headers"]}
    return found
