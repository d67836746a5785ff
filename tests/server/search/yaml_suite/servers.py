"""The two sides of a test: a genuine Elasticsearch, and collections that mirror its indexes."""

import json
import os
import re
import urllib.parse
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import webtest
from kinto_buildhub.search.mapping import METADATA_KEY, TYPES, BadMapping, Mapping

from tests.conftest import PUBLISHER_HEADERS
from tests.server.search.yaml_suite.spec import HttpRequest
from tests.stand_ins.search_servers import SERVER_KINDS

# Hundreds of indexes are made and removed, which takes half of the time in memory.
MEMORY = next((folder for folder in (Path("/dev/shm"),) if os.access(folder, os.W_OK)), None)  # noqa: S108

# The oldest genuine server that starts here: the suite is that of 7.10.
KIND = next(kind for kind in SERVER_KINDS if str(kind) == "elasticsearch-7.17.29")

_TIMEOUT_SECONDS = 60
_MOST_DOCUMENTS = 10_000
_JSON = {"Content-Type": "application/json"}
_LINES = {"Content-Type": "application/x-ndjson"}
# What Kinto adds to a record.
_KINTO_FIELDS = ("id", "last_modified", "schema")


@dataclass(frozen=True)
class Answer:
    """An answer: its status, and its JSON (text if it is none, None without a body)."""

    status: int
    body: Any


class CannotMirror(Exception):
    """An index cannot be copied into a collection; says why.

    Attributes:
        refused: our server refuses its mapping.
    """

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Elasticsearch:
    """A genuine server, which is emptied for each test. Its indexes have one shard."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, requests.Session()

    def ask(self, request: HttpRequest) -> Answer:
        """Send a request."""
        sent, lines = _encode(_one_shard(request.body))
        answer = self._session.request(
            request.method,
            self._url + urllib.parse.quote(request.path, safe="/*,"),
            params=request.parameters,
            data=sent,
            headers=_LINES if lines else _JSON,
            timeout=_TIMEOUT_SECONDS,
        )
        if request.method == "HEAD":
            return Answer(200, answer.status_code < 400)
        return Answer(answer.status_code, _decode(answer.text))

    def _get(self, path: str, body: Any = None, **parameters: str) -> Any:
        return self.ask(HttpRequest("GET", path, parameters, body)).body

    def empty(self) -> None:
        """Remove all indexes."""
        self.ask(HttpRequest("DELETE", "/_all", {"expand_wildcards": "all"}, None))

    def refresh(self) -> None:
        """Make all documents visible."""
        self.ask(HttpRequest("POST", "/_refresh", {}, None))

    def indexes(self, names: str, *, filled: bool) -> list[str]:
        """Return the indexes that *names* (names, aliases, wildcards) mean.

        With *filled* only those with documents, unless none of them has any.
        """
        found = self._get(f"/{names}/_alias", ignore_unavailable="true", allow_no_indices="true")
        indexes = sorted(found) if isinstance(found, dict) and "error" not in found else []
        if not filled or len(indexes) < 2:
            return indexes
        return [name for name in indexes if self.documents(name)] or indexes

    def mapping(self, index: str) -> dict[str, Any]:
        """Return the mapping of an index."""
        found: dict[str, Any] = self._get(f"/{index}/_mapping")[index]["mappings"]
        return found

    def documents(self, index: str) -> list[tuple[str, dict[str, Any] | None]]:
        """Return ID and source of each document, in the order of the index."""
        body = {"size": _MOST_DOCUMENTS, "sort": ["_doc"], "version": False}
        hits = self._get(f"/{index}/_search", body)["hits"]["hits"]
        return [(hit["_id"], hit.get("_source")) for hit in hits]


class Collections:
    """Collections that mirror indexes of a genuine server, made anew when these have changed."""

    def __init__(self, app: webtest.TestApp, genuine: Elasticsearch) -> None:
        self._app, self._genuine = app, genuine
        self._mirrored: dict[str, tuple[str, str]] = {}
        self._buckets: list[str] = []

    def ask(self, path: str, request: HttpRequest) -> Answer:
        """Send a request to our server; the path begins with *path*, a collection's."""
        body, lines = _encode(request.body)
        query = urllib.parse.urlencode(request.parameters)
        answer = self._app.request(
            urllib.parse.quote(path + request.path) + (f"?{query}" if query else ""),
            method=request.method,
            body=body,
            headers=_LINES if lines else _JSON,
            expect_errors=True,
        )
        if request.method == "HEAD" and answer.status_int < 500:
            return Answer(200, answer.status_int < 400)
        found = _decode(answer.text)
        if "/_source/" in request.path and isinstance(found, dict):
            found = _without_kinto_fields({"_source": found})["_source"]
        return Answer(answer.status_int, _without_kinto_fields(found))

    def mirror(self, index: str, searches: str) -> str:
        """Return the path of a collection like *index*.

        Args:
            searches: the requests of the test; what they do not name need not be searchable.

        Raises:
            CannotMirror: it has something that a collection cannot have.
        """
        mapping = _searched_mapping(self._genuine.mapping(index), searches)
        documents = self._genuine.documents(index)
        content = json.dumps([mapping, documents])
        if index in self._mirrored and self._mirrored[index][0] == content:
            return self._mirrored[index][1]
        try:
            Mapping(mapping)
        except BadMapping as exc:
            raise CannotMirror(str(exc), refused=True) from exc
        path = self._make(index, mapping, documents)
        self._mirrored[index] = content, path
        return path

    def _make(
        self, index: str, mapping: Any, documents: list[tuple[str, dict[str, Any] | None]]
    ) -> str:
        bucket = f"/v1/buckets/yaml-{uuid.uuid4().hex}"
        collection_id = index if re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9_-]*", index) else "index"
        path = f"{bucket}/collections/{collection_id}"
        self._buckets.append(bucket)
        self._put(bucket, {"permissions": {"read": ["system.Everyone"]}})
        answer = self._put(path, {"data": {METADATA_KEY: mapping}}, expect_errors=True)
        if answer.status_int >= 400:
            raise CannotMirror(str(answer.json.get("message")), refused=True)
        for start in range(0, len(documents), 100):
            self._write(path, documents[start : start + 100])
        return path

    def _write(self, path: str, documents: list[tuple[str, dict[str, Any] | None]]) -> None:
        for record_id, source in documents:
            if source is None:
                raise CannotMirror("a record always has its source")
            if not re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9_-]*", record_id):
                raise CannotMirror(f"Kinto has no record ID {record_id!r}")
            if source.keys() & set(_KINTO_FIELDS):
                raise CannotMirror("a field that is Kinto's own: id, last_modified, schema")
        requests_ = [
            {"method": "PUT", "path": f"{path}/records/{record_id}", "body": {"data": source}}
            for record_id, source in documents
        ]
        answer = self._app.post_json(
            "/v1/batch", {"requests": requests_}, headers=PUBLISHER_HEADERS
        )
        for each in answer.json["responses"]:
            if each["status"] not in (200, 201):
                raise CannotMirror(f"a record is refused: {each['body']}")

    def _put(self, path: str, body: Any, *, expect_errors: bool = False) -> Any:
        return self._app.put_json(
            path, body, headers=PUBLISHER_HEADERS, expect_errors=expect_errors
        )

    def empty(self) -> None:
        """Remove the collections."""
        for bucket in self._buckets:
            self._app.delete(bucket, headers=PUBLISHER_HEADERS)
        self._buckets.clear()
        self._mirrored.clear()


def _searched_mapping(mapping: dict[str, Any], searches: str) -> dict[str, Any]:
    """Leave out fields of types that we do not have, unless the searches name them.

    The files of the suite map, for all of their tests, fields that only some of them search.
    """
    properties = {
        name: body
        for name, body in mapping.get("properties", {}).items()
        if body.get("type", "object") in {*TYPES, "object"} or re.search(rf"\b{name}\b", searches)
    }
    # Elasticsearch writes it on each text that a document brings. No text here is that long.
    text = json.dumps(properties).replace(', "ignore_above": 256', "")
    return {**mapping, "properties": json.loads(text)}


def _encode(body: Any) -> tuple[bytes, bool]:
    """Return what is sent, and whether it is lines."""
    if body is None:
        return b"", False
    if isinstance(body, str):
        return body.encode(), body.count("\n") > 0
    if isinstance(body, list):
        lines = [each if isinstance(each, str) else json.dumps(each) for each in body]
        return "".join(f"{line.rstrip()}\n" for line in lines).encode(), True
    return json.dumps(body).encode(), False


def _decode(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _one_shard(body: Any) -> Any:
    """Have an index made with one shard: with more, scores and ties depend on the shard."""
    if not isinstance(body, dict) or not isinstance(body.get("settings"), dict):
        return body
    settings = dict(body["settings"])
    if isinstance(settings.get("index"), dict):
        settings["index"] = {k: v for k, v in settings["index"].items() if k != "number_of_shards"}
    return {
        **body,
        "settings": {
            name: value
            for name, value in settings.items()
            if name.removeprefix("index.") != "number_of_shards"
        },
    }


def _without_kinto_fields(value: Any) -> Any:
    """Remove from each ``_source`` what Kinto adds to a record."""
    if isinstance(value, list):
        return [_without_kinto_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_kinto_fields(item) for key, item in value.items()}
    if isinstance(found.get("_source"), dict):
        found["_source"] = {
            key: item for key, item in found["_source"].items() if key not in _KINTO_FIELDS
        }
    return found
