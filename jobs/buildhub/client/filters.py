"""What builds are asked for: names that people use, as filters of records and as a search query."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeAlias, TypedDict

import orjson

Texts: TypeAlias = str | Iterable[str]
"""One value, or several of which any will do."""
Moment: TypeAlias = str | date
"""A day or a time, in UTC: ``2017-06-01``, ``2017-06-01T12:00:00Z``, or a date object."""


class _Filters(TypedDict, total=False):
    os: Texts
    revision: Texts
    tree: Texts
    platform: Texts
    locale: Texts
    built_since: Moment
    built_before: Moment
    published_since: Moment
    published_before: Moment
    candidates: bool


class LessProduct(_Filters, total=False):
    """As `Filters`, for verbs whose product and channel are arguments."""

    version: Texts
    build_id: Texts


class LessVersion(_Filters, total=False):
    """As `Filters`, for verbs whose version is an argument."""

    product: Texts
    channel: Texts
    build_id: Texts


class LessBuildId(_Filters, total=False):
    """As `Filters`, for verbs whose build ID is an argument."""

    product: Texts
    channel: Texts
    version: Texts


class Filters(LessBuildId, total=False):
    """What builds can be asked for; all that is given must hold."""

    build_id: Texts


_FIELDS = {
    "product": "source.product",
    "channel": "target.channel",
    "version": "target.version",
    "platform": "target.platform",
    "os": "target.os",
    "locale": "target.locale",
    "build_id": "build.id",
    "revision": "source.revision",
    "tree": "source.tree",
}
_RANGES = {
    "built_since": ("gte", "build.date"),
    "built_before": ("lt", "build.date"),
    "published_since": ("gte", "download.date"),
    "published_before": ("lt", "download.date"),
}
_CANDIDATE = "target.candidate"
_NAMES = (*_FIELDS, *_RANGES, "candidates")


def record_parameters(filters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a list of records.

    Raises:
        TypeError: there is no such filter; names the nearest.
    """
    for name, value in _given(filters):
        if name in _FIELDS:
            yield _field_parameter(_FIELDS[name], value)
        elif name in _RANGES:
            operator, field = _RANGES[name]
            yield operator, f"{field},{format_moment(value)}"
        else:
            yield f"has_{_CANDIDATE}", "true" if value else "false"


def search_clauses(filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the clauses of a search, of which each must hold.

    Raises:
        TypeError: there is no such filter; names the nearest.
    """
    return [_clause(name, value) for name, value in _given(filters)]


def _given(filters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in filters.items():
        if name not in _NAMES:
            near = difflib.get_close_matches(name, _NAMES, 1)
            hint = f"; is {near[0]} meant?" if near else f"; there are {', '.join(_NAMES)}"
            raise TypeError(f"{name!r} is no filter{hint}")
        if value is not None:
            yield name, value


def _field_parameter(field: str, value: Texts) -> tuple[str, str]:
    # In quotes, so that nothing in it is taken for anything else.
    if isinstance(value, str):
        return field, orjson.dumps(value).decode()
    return f"in_{field}", orjson.dumps(list(value)).decode()


def _clause(name: str, value: Any) -> dict[str, Any]:
    if name in _FIELDS:
        if isinstance(value, str):
            return {"term": {_FIELDS[name]: value}}
        return {"terms": {_FIELDS[name]: list(value)}}
    if name in _RANGES:
        operator, field = _RANGES[name]
        return {"range": {field: {operator: format_moment(value)}}}
    exists = {"exists": {"field": _CANDIDATE}}
    return exists if value else {"bool": {"must_not": exists}}


def format_moment(value: Moment) -> str:
    """Return a day or time as records have it.

    Raises:
        ValueError: a time without a time zone.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; records have UTC")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if isinstance(value, str) else value.isoformat()
