"""Each verb of the client as one request and the way to read its answer; nothing is sent here."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from buildhub.client.errors import BrokenAnswer, NotUnique
from buildhub.client.exchange import Answer, Asked, Empty, Question
from buildhub.client.filters import Moment, format_moment, record_parameters, search_clauses
from buildhub.client.parsing import (
    parse_change,
    parse_coverage,
    parse_found,
    parse_published,
    parse_record,
)
from buildhub.client.values import (
    Build,
    Change,
    Coverage,
    Found,
    MissingBuild,
    Published,
    Record,
    Revision,
    Version,
)

Value = TypeVar("Value")

_BUILD_ID = re.compile(r"[0-9]{14}|[0-9]{10}")
# More values of a field than the catalogue will have; the server refuses to list more.
_MOST_VALUES = 10_000
_MOST_OF_A_BUILD = 1000
_JSON = {"Content-Type": "application/json"}
_NOT_A_CANDIDATE = {"bool": {"must_not": {"exists": {"field": "target.candidate"}}}}


@dataclass(frozen=True, slots=True)
class Questions:
    """The verbs, for one collection."""

    bucket: str
    collection: str

    def build(self, build_id: str) -> Question[Build]:
        """Ask for what there is with a build ID."""
        fields = {
            "products": "source.product",
            "channels": "target.channel",
            "versions": "target.version",
            "platforms": "target.platform",
            "locales": "target.locale",
        }
        aggregations = {name: _terms(field, _MOST_OF_A_BUILD) for name, field in fields.items()}
        aggregations["shipped"] = {"filter": _NOT_A_CANDIDATE}
        aggregations["revisions"] = _REVISIONS
        asked = _asked_build(build_id)

        def read(found: Mapping[str, Any]) -> Build:
            groups = found["aggregations"]
            return Build(
                id=build_id,
                is_official=groups["shipped"]["doc_count"] > 0,
                count=_total(found),
                products=_keys(groups["products"]),
                channels=_keys(groups["channels"]),
                versions=tuple(sorted(map(Version, _keys(groups["versions"])))),
                platforms=_keys(groups["platforms"]),
                locales=_keys(groups["locales"]),
                revisions=_revisions(groups),
            )

        return self._search([_term("build.id", build_id)], aggregations, read, asked)

    def is_official(self, build_id: str) -> Question[bool]:
        """Ask whether Mozilla published builds with this build ID."""
        clauses = [_term("build.id", build_id)]
        shipped = {"shipped": {"filter": _NOT_A_CANDIDATE}}

        def read(found: Mapping[str, Any]) -> bool:
            return bool(found["aggregations"]["shipped"]["doc_count"])

        return self._search(clauses, shipped, read, _asked_build(build_id))

    def revision(self, build_id: str, product: str | None) -> Question[Revision]:
        """Ask for the changeset that a build ID was built from."""
        clauses = [_term("build.id", build_id), *search_clauses({"product": product})]

        def read(found: Mapping[str, Any]) -> Revision:
            revisions = _revisions(found["aggregations"])
            if not revisions:
                raise Empty(Asked(f"changeset of build {build_id}", product))
            if len(revisions) > 1:
                names = " and ".join(each.url or each.revision for each in revisions)
                raise NotUnique(f"Build {build_id} is of several changesets: {names}.")
            return revisions[0]

        asked = _asked_build(build_id, product)
        return self._search(clauses, {"revisions": _REVISIONS}, read, asked)

    def values(self, field: str, filters: Mapping[str, Any]) -> Question[tuple[str, ...]]:
        """Ask for the values that a field has in the builds that match, in order of characters."""

        def read(found: Mapping[str, Any]) -> tuple[str, ...]:
            return _keys(found["aggregations"]["values"])

        clauses = search_clauses(filters)
        return self._search(clauses, {"values": _terms(field)}, read, _asked(filters))

    def latest(
        self,
        product: str,
        channel: str,
        platform: str,
        locale: str,
        before: Moment | None,
    ) -> Question[Record]:
        """Ask for the newest build of a channel on a platform, in a locale."""

        def read(answer: Answer) -> Record:
            if answer.status == 404:
                raise Empty(Asked("build", product, sentence=answer.sentence))
            return parse_record(answer.json()["data"])

        path = "/".join(quote(each, safe="") for each in (product, channel, platform, locale))
        return Question(
            f"/latest/{path}",
            read,
            parameters=() if before is None else (("before", format_moment(before)),),
            headers={"Accept": "application/json"},
            expected_errors=frozenset({404}),
        )

    def nearest(
        self, moment: Moment, filters: Mapping[str, Any], *, is_before: bool
    ) -> Question[Record]:
        """Ask for the youngest build before a day, time or build ID, or the first after it."""
        operator, sort = ("lt", "-") if is_before else ("gt", "")
        build_id = moment if isinstance(moment, str) and _BUILD_ID.fullmatch(moment) else None
        field = "build.date" if build_id is None else "build.id"
        value = format_moment(moment) if build_id is None else moment
        parameters = (
            *record_parameters(filters),
            (f"{operator}_{field}", f'"{value}"'),
            # To Kinto a missing field is greater than any value.
            (f"has_{field}", "true"),
            # The order of the compared field comes from its index, another one sorts all matches.
            ("_sort", f"{sort}{field}"),
        )
        when = "before" if is_before else "after"
        return self._first(parameters, _asked(filters, f"{when} {value}"))

    def first_nightly(self, version: str, product: str) -> Question[Record]:
        """Ask for the first nightly of a version."""
        filters = {"product": product, "channel": "nightly", "version": version}
        parameters = (
            *record_parameters(filters),
            ("has_build.date", "true"),
            ("_sort", "build.date"),
        )
        return self._first(parameters, _asked(filters))

    def missing(self, version: str, product: str) -> Question[tuple[MissingBuild, ...]]:
        """Ask for the builds of a version that should exist and do not."""
        asked = Asked(f"{product} {version}", product)

        def read(answer: Answer) -> tuple[MissingBuild, ...]:
            if answer.status == 404:
                raise Empty(asked)
            return tuple(
                MissingBuild(each["platform"], each["locale"], each["authority"])
                for each in answer.json()["gaps"]
            )

        path = f"/catalog/versions/{quote(product, safe='')}/{quote(version, safe='')}.json"
        return Question(path, read, expected_errors=frozenset({404}))

    def documents(
        self, filters: Mapping[str, Any], *, after: str | None, limit: int
    ) -> Question[list[dict[str, Any]]]:
        """Ask for records as the server has them, in the order of their IDs, after *after*."""
        parameters = [*record_parameters(filters), ("_sort", "id"), ("_limit", str(limit))]
        if after is not None:
            parameters.append(("gt_id", after))
        path = f"{self._path}/records"
        return Question(path, _read_documents, parameters=tuple(parameters))

    def records(
        self, filters: Mapping[str, Any], *, after: str | None, limit: int
    ) -> Question[tuple[Record, ...]]:
        """Ask for the same as records."""
        question = self.documents(filters, after=after, limit=limit)
        return question.then(lambda found: tuple(map(parse_record, found)))

    def find(self, text: str, sort: str, limit: int) -> Question[Found]:
        """Ask for what people type, as the page of the catalogue understands it."""
        path, parameters = "/catalog/.json", _page(text, sort, limit)
        return Question(path, lambda answer: parse_found(answer.json()), parameters=parameters)

    def find_csv(self, text: str, sort: str, limit: int) -> Question[bytes]:
        """Ask for the same as CSV, in which no cell runs as a formula."""
        path, parameters = "/catalog/.csv", _page(text, sort, limit)
        return Question(path, lambda answer: answer.body, parameters=parameters)

    def search(self, body: Mapping[str, Any]) -> Question[dict[str, Any]]:
        """Ask in Elasticsearch's query language; the answer is Elasticsearch's."""
        return self._post(body, _read_object)

    def count(self, filters: Mapping[str, Any]) -> Question[int]:
        """Ask for the number of builds."""
        body = {"size": 0, "track_total_hits": True, "query": _all(search_clauses(filters))}
        return self._post(body, lambda answer: _total(answer.json()))

    def coverage_document(self) -> Question[dict[str, Any]]:
        """Ask until when the catalogue is complete, as the server says it."""
        return Question(f"{self._path}/coverage", lambda answer: dict(answer.json()["data"]))

    def coverage(self) -> Question[Coverage]:
        """Ask the same as a value."""
        return self.coverage_document().then(parse_coverage)

    def json_schema(self) -> Question[dict[str, Any]]:
        """Ask for the JSON schema of records."""
        return Question(self._path, lambda answer: dict(answer.json()["data"].get("schema", {})))

    def changed_documents(self, since: int, *, limit: int) -> Question[list[dict[str, Any]]]:
        """Ask for what was written or deleted after a timestamp, in milliseconds, in its order."""
        parameters = (("_since", str(since)), ("_sort", "last_modified"), ("_limit", str(limit)))
        return Question(f"{self._path}/records", _read_documents, parameters=parameters)

    def changes(self, since: int, *, limit: int) -> Question[tuple[Change, ...]]:
        """Ask for the same as changes."""
        question = self.changed_documents(since, limit=limit)
        return question.then(lambda found: tuple(map(parse_change, found)))

    def changed_since(self, since: int, *, limit: int) -> Question[list[dict[str, Any]]]:
        """Ask for the same, which costs the server nothing if nothing has changed."""
        question, nothing = self.changed_documents(since, limit=limit), HTTPStatus.NOT_MODIFIED
        return replace(
            question,
            read=lambda answer: [] if answer.status == nothing else question.read(answer),
            headers={"If-None-Match": f'"{since}"'},
            expected_errors=frozenset({nothing}),
        )

    def listen(self, since: int) -> Question[None]:
        """Ask for what changes after a timestamp, as a stream that stays open."""
        return Question(
            f"{self._path}/changes",
            lambda _: None,
            parameters=(("_since", str(since)),),
            headers={"Accept": "text/event-stream"},
        )

    def timestamp(self) -> Question[int]:
        """Ask for the timestamp of the latest change, in milliseconds."""
        return Question(
            f"{self._path}/records",
            lambda answer: int(answer.headers["ETag"].removeprefix("W/").strip('"')),
            parameters=(("_limit", "1"),),
        )

    def publish(self, records: Iterable[Mapping[str, Any]]) -> Question[Published]:
        """Ask to store records, each as it is."""
        body = b"".join(orjson.dumps(each) + b"\n" for each in records)
        headers = {"Content-Type": "application/x-ndjson"}
        return Question(f"{self._path}/bulk", parse_published, "POST", body=body, headers=headers)

    @property
    def _path(self) -> str:
        return f"/buckets/{quote(self.bucket)}/collections/{quote(self.collection)}"

    def _post(self, body: Mapping[str, Any], read: Callable[[Answer], Value]) -> Question[Value]:
        path = f"{self._path}/_search"
        return Question(path, read, "POST", body=orjson.dumps(body), headers=_JSON)

    def _search(
        self,
        clauses: list[dict[str, Any]],
        aggregations: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Value],
        asked: Asked,
    ) -> Question[Value]:
        """Ask for aggregations of what matches; nothing that matches is `Empty`."""

        def read_found(answer: Answer) -> Value:
            found = answer.json()
            if not _total(found):
                raise Empty(asked)
            return read(found)

        query = {"size": 0, "track_total_hits": True, "query": _all(clauses)}
        return self._post({**query, "aggs": aggregations}, read_found)

    def _first(self, parameters: Iterable[tuple[str, str]], asked: Asked) -> Question[Record]:
        def read(answer: Answer) -> Record:
            for each in _read_documents(answer):
                return parse_record(each)
            raise Empty(asked)

        parameters = (*parameters, ("_limit", "1"))
        return Question(f"{self._path}/records", read, parameters=parameters)


def batched(items: Iterable[Value], size: int) -> Iterator[list[Value]]:
    """Yield lists of at most *size* items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def page_sizes(limit: int | None, most: int) -> Iterator[int]:
    """Yield how much to ask for, page by page: *most*, until it is *limit* together.

    Raises:
        ValueError: *limit* is negative.
    """
    if limit is not None and limit < 0:
        raise ValueError(f"limit: {limit} is negative")
    while limit is None or limit > 0:
        size = most if limit is None else min(limit, most)
        yield size
        limit = None if limit is None else limit - size


def _page(text: str, sort: str, limit: int) -> tuple[tuple[str, str], ...]:
    return (("q", text), ("sort", sort), ("size", str(limit)))


def _read_documents(answer: Answer) -> list[dict[str, Any]]:
    return list(answer.json()["data"])


def _read_object(answer: Answer) -> dict[str, Any]:
    return dict(answer.json())


def _all(clauses: list[dict[str, Any]]) -> dict[str, Any]:
    return {"bool": {"filter": clauses}} if clauses else {"match_all": {}}


def _term(field: str, value: str) -> dict[str, Any]:
    return {"term": {field: value}}


def _terms(field: str, size: int = _MOST_VALUES) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "order": {"_key": "asc"}}}


# The server bounds the memory of a search by what it may need, so a few changesets, each with one
# repository, are all that is asked for.
_REVISIONS = {
    **_terms("source.revision", 100),
    "aggs": {"repositories": _terms("source.repository", 1), "trees": _terms("source.tree", 1)},
}


def _total(found: Mapping[str, Any]) -> int:
    return int(found["hits"]["total"]["value"])


def _keys(group: Mapping[str, Any]) -> tuple[str, ...]:
    if group["sum_other_doc_count"]:
        raise BrokenAnswer(f"There are more than {len(group['buckets']):,} different values.")
    return tuple(each["key"] for each in group["buckets"])


def _first_key(group: Mapping[str, Any]) -> str | None:
    return next((each["key"] for each in group["buckets"]), None)


def _revisions(groups: Mapping[str, Any]) -> tuple[Revision, ...]:
    return tuple(
        Revision(
            each["key"],
            _first_key(each["repositories"]),
            _first_key(each["trees"]),
        )
        for each in groups["revisions"]["buckets"]
    )


def _asked(filters: Mapping[str, Any], more: str = "") -> Asked:
    return Asked(
        describe_filters(filters, more),
        _single(filters.get("product")),
        _single(filters.get("channel")),
    )


def describe_filters(filters: Mapping[str, Any], more: str = "") -> str:
    """Return what builds were asked for, in words, to explain why there are none."""
    words = [
        each if isinstance(each, str) else f"{name}={each}"
        for name, each in filters.items()
        if each is not None
    ]
    return "builds of " + " ".join([*words, more]).strip() if words or more else "builds"


def _asked_build(build_id: str, product: str | None = None) -> Asked:
    return Asked(f"build {build_id}", product, moment=_moment(build_id))


def _single(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _moment(build_id: str) -> datetime | None:
    """Return the time in a build ID; None if there is none."""
    if not _BUILD_ID.fullmatch(build_id):
        return None
    form = "%Y%m%d%H%M%S" if len(build_id) == 14 else "%Y%m%d%H"
    try:
        return datetime.strptime(build_id, form).replace(tzinfo=UTC)
    except ValueError:
        return None
