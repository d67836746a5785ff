"""Sorted hits: several keys, missing values, and going on after a hit.

Tantivy sorts by one key. So each key in turn cuts off: what is better than the last value that
fits is in, what ties with it is sorted by the next key. The records without a value stand at the
end (or the start), in a search of their own.

A record that ties with none needs no sorting. What it has of the further keys is read for all of a
page at once: with a search for each, a page of ten thousand takes seconds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tantivy

from kinto_buildhub.search.embedded.compile import MUST, MUST_NOT, unscored
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, query_number

_MIN_LONG, _MAX_LONG = -(2**63), 2**63 - 1

# To sort by a text, Tantivy looks up as many texts in each of its segments, which takes longer than
# to read as many records and sort them here. Below this, to go through all that match takes longer.
_LONG_PAGE = 1000


class Hit(NamedTuple):
    """One hit: where it is, what it was sorted by, how well it matches, its ID if that is known."""

    address: Any
    values: tuple[Any, ...]
    score: float | None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that is known here. ``inner`` is None for the score."""

    key: tree.SortKey
    field: Field | None
    inner: str | None

    @property
    def is_id(self) -> bool:
        """Whether it is the record's ID, which every record has, and none shares."""
        field = self.field
        return field is not None and field.type == "keyword" and field.source == ("id",)


def sort_keys(execution: Execution, keys: tuple[tree.SortKey, ...]) -> list[_Key]:
    """Return the keys with their fields.

    Raises:
        BadQuery: a field is unknown, or is text that is split in words.
    """
    found: list[_Key] = []
    for key in keys:
        if key.field in ("_score", "_doc", "_shard_doc"):
            if key.field == "_score":
                found.append(_Key(key, None, None))
            continue
        if key.field == "_id":
            found.append(_Key(key, Field("_id", "keyword", ("id",)), "_id"))
            continue
        known = execution.compiler.field(key.field)
        if known is None:
            if key.unmapped:
                continue
            raise BadQuery(
                f"No mapping found for [{key.field}] in order to sort on",
                "sort",
                "query_shard_exception",
            )
        field, inner = known
        if field.type == "text":
            raise BadQuery(
                f"{key.field!r} is text that is split in words; sort by a keyword field",
                "sort",
                "illegal_argument_exception",
            )
        if key.missing not in ("_last", "_first"):
            raise BadQuery(
                "a value for 'missing' is not supported; expected _first or _last", "sort"
            )
        found.append(_Key(key, field, inner))
    return found


def top_hits(
    execution: Execution, query: Any, keys: tuple[tree.SortKey, ...], limit: int
) -> list[Hit]:
    """Return the first *limit* hits; without keys by score."""
    known = sort_keys(execution, keys)
    if not known:
        return [Hit(a, (), score) for score, a in execution.top(query, limit)]
    if known[0].inner is None and known[0].key.order == "desc" and len(known) == 1:
        return [Hit(a, (score,), score) for score, a in execution.top(query, limit)]
    if any(key.inner is None for key in known):
        return _by_score_too(execution, query, known, limit)
    if known[0].is_id and limit >= _LONG_PAGE:
        matching = execution.all_of(query, limit)
        if matching is not None:
            return _by_id(execution, matching, *known)
    if len(known) == 1 and known[0].key.missing == "_last":
        return _by_one_key(execution, query, known[0], limit)
    return list(_sorted(execution, query, known, limit, ()))


def _by_one_key(execution: Execution, query: Any, key: _Key, limit: int) -> list[Hit]:
    """Sort as is asked most, without what several keys need."""
    ascending = key.key.order == "asc"
    found = execution.top(query, limit, by=key.inner, ascending=ascending)
    hits = [Hit(address, (value,), None) for value, address in found if value is not None]
    if len(hits) < limit:
        absent = _without_value(execution, query, key.inner or "")
        hits += _sorted(execution, absent, [], limit - len(hits), (None,))
    return hits


def _sorted(
    execution: Execution, query: Any, keys: list[_Key], limit: int, before: tuple[Any, ...]
) -> Iterator[Hit]:
    """Yield up to *limit* hits by the keys; *before* are the values that all of them share."""
    if limit < 1:
        return
    if not keys:
        for _, address in execution.top(query, limit):
            yield Hit(address, before, None)
        return
    key, *rest = keys
    assert key.inner is not None  # noqa: S101 - the score has a way of its own.
    parts = [True, False] if key.key.missing == "_last" else [False, True]
    left = limit
    for present in parts:
        if left < 1:
            return
        if present:
            hits = _by_value(execution, query, key, rest, left, before)
        else:
            absent = _without_value(execution, query, key.inner)
            hits = _sorted(execution, absent, rest, left, (*before, None))
        for hit in hits:
            left -= 1
            yield hit


def _by_value(
    execution: Execution,
    query: Any,
    key: _Key,
    rest: list[_Key],
    limit: int,
    before: tuple[Any, ...],
) -> Iterator[Hit]:
    ascending = key.key.order == "asc"
    # One more than fits shows whether the last value is cut in two.
    found = execution.top(query, limit + 1, by=key.inner, ascending=ascending)
    found = [(value, address) for value, address in found if value is not None]
    if not rest or not found:
        for value, address in found[:limit]:
            yield Hit(address, (*before, value), None)
        return
    left = limit
    cut = found[-1][0] if len(found) > limit else None
    groups = list(_groups(found))
    alone = [each[0] for value, each in groups if len(each) == 1 and value != cut]
    others = iter(_values(execution, rest, alone))
    for value, addresses in groups:
        if left < 1:
            return
        if len(addresses) == 1 and value != cut:
            left -= 1
            yield Hit(addresses[0], (*before, value, *next(others)), None)
            continue
        tied = execution.narrowed(query, equal(execution, key, value))
        for hit in _sorted(execution, tied, rest, left, (*before, value)):
            left -= 1
            yield hit


def _groups(found: list[tuple[Any, Any]]) -> Iterator[tuple[Any, list[Any]]]:
    values: list[Any] = []
    addresses: dict[Any, list[Any]] = {}
    for value, address in found:
        if value not in addresses:
            values.append(value)
        addresses.setdefault(value, []).append(address)
    for value in values:
        yield value, addresses[value]


def _by_id(execution: Execution, addresses: list[Any], key: _Key, *rest: _Key) -> list[Hit]:
    """Sort records by their IDs; no other key can matter, but is told of."""
    ids = map(execution.record_id, addresses)
    others = _values(execution, rest, addresses)
    hits = [
        Hit(address, (record_id, *values), None, record_id)
        for address, record_id, values in zip(addresses, ids, others, strict=True)
    ]
    hits.sort(key=lambda hit: hit.values[0], reverse=key.key.order == "desc")
    return hits


def _values(
    execution: Execution, keys: Sequence[_Key], addresses: list[Any]
) -> list[tuple[Any, ...]]:
    """Return what each of the records has of the keys."""
    if not keys:
        return [()] * len(addresses)
    columns = [_column_of(execution, key, addresses) for key in keys]
    return list(zip(*columns, strict=True))


def _column_of(execution: Execution, key: _Key, addresses: list[Any]) -> list[Any]:
    assert key.field is not None  # noqa: S101 - the score has a way of its own.
    if key.is_id:
        return [execution.record_id(each) for each in addresses]
    if not key.field.is_keyword:
        return list(execution.searcher.fast_field_values(key.inner, addresses))
    # Tantivy tells texts only of what it sorts by them.
    ascending = key.key.order == "asc"
    alone = (execution.has_id(execution.record_id(each)) for each in addresses)
    return [execution.top(each, 1, by=key.inner, ascending=ascending)[0][0] for each in alone]


def _by_score_too(execution: Execution, query: Any, keys: list[_Key], limit: int) -> list[Hit]:
    """Sort by the score and other keys: all that match, as long as they are few enough."""
    window = execution.limits.result_window
    scored = execution.top(query, window + 1)
    if len(scored) > window:
        raise BadQuery(
            f"sorting by _score and other keys works for up to {window} matches; narrow the query",
            "sort",
        )
    columns = [
        {} if key.inner is None else _column(execution, query, key, len(scored)) for key in keys
    ]
    hits = [
        Hit(
            address,
            tuple(
                score if key.inner is None else column.get(_place(address))
                for key, column in zip(keys, columns, strict=True)
            ),
            score,
        )
        for score, address in scored
    ]
    for number, key in reversed(list(enumerate(keys))):
        hits = _stable(hits, number, key.key)
    return hits[:limit]


def _column(execution: Execution, query: Any, key: _Key, limit: int) -> dict[Any, Any]:
    found = execution.top(query, limit, by=key.inner, ascending=key.key.order == "asc")
    return {_place(address): value for value, address in found}


def _place(address: Any) -> tuple[int, int]:
    return address.segment_ord, address.doc


def _stable(hits: list[Hit], number: int, key: tree.SortKey) -> list[Hit]:
    present = [hit for hit in hits if hit.values[number] is not None]
    absent = [hit for hit in hits if hit.values[number] is None]
    present.sort(key=lambda hit: hit.values[number], reverse=False)
    if key.order == "desc":
        present = _reversed_stably(present, number)
    return absent + present if key.missing == "_first" else present + absent


def _reversed_stably(hits: list[Hit], number: int) -> list[Hit]:
    groups: dict[Any, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.values[number], []).append(hit)
    return [hit for value in reversed(list(groups)) for hit in groups[value]]


def _without_value(execution: Execution, query: Any, inner: str) -> Any:
    exists = tantivy.Query.exists_query(inner)
    return tantivy.Query.boolean_query([(MUST, query), (MUST_NOT, exists)])


def equal(execution: Execution, key: _Key, value: Any) -> Any:
    """Return a query for records with this very value."""
    return execution.compiler.term(key.inner or "", value)


def after(
    execution: Execution, query: Any, keys: tuple[tree.SortKey, ...], values: tuple[Any, ...]
) -> Any:
    """Return *query* without what stands at or before *values* in the order of the keys.

    Raises:
        BadQuery: a value does not fit its field, or the order is by score.
    """
    known = sort_keys(execution, keys)
    if len(keys) != len(values) or any(key.inner is None for key in known):
        raise BadQuery(
            "search_after works with fields to sort by; add one, and leave out _score",
            "search_after",
        )
    choices: list[Any] = []
    tied: list[Any] = []
    given = {id(key): value for key, value in zip(keys, values, strict=True)}
    for key in known:
        value = given[id(key.key)]
        at = _sort_value(execution, key, value)
        choices += [
            execution.narrowed(unscored(query), *tied, later)
            for later in _later(execution, key, at)
        ]
        tied.append(_same(execution, key, at))
    if not choices:
        return tantivy.Query.empty_query()
    beyond = tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in choices])
    return execution.narrowed(query, beyond)


def _same(execution: Execution, key: _Key, value: Any) -> Any:
    if value is not None:
        return equal(execution, key, value)
    return _without_value(execution, tantivy.Query.all_query(), key.inner or "")


def _later(execution: Execution, key: _Key, value: Any) -> list[Any]:
    """Return queries for what stands behind *value* by this key alone."""
    inner = key.inner or ""
    absent = _same(execution, key, None)
    if value is None:
        return [] if key.key.missing == "_last" else [tantivy.Query.exists_query(inner)]
    behind = [absent] if key.key.missing == "_last" else []
    ascending = key.key.order == "asc"
    assert key.field is not None  # noqa: S101 - the score was refused.
    if key.field.is_keyword:
        lower, upper = (value, None) if ascending else (None, value)
        behind_it = execution.compiler.texts(
            key.field, inner, lower, upper, (False, False), "search_after"
        )
        return [behind_it, *behind]
    if key.field.type in FLOAT_TYPES:
        low, high = (value, math.inf) if ascending else (-math.inf, value)
        kind = tantivy.FieldType.Float
        return [
            execution.compiler.numbers(inner, kind, low, high, (not ascending, ascending)),
            *behind,
        ]
    low, high = (value + 1, _MAX_LONG) if ascending else (_MIN_LONG, value - 1)
    if low > _MAX_LONG or high < _MIN_LONG:
        return behind
    kind = tantivy.FieldType.Integer
    return [execution.compiler.numbers(inner, kind, low, high, (True, True)), *behind]


def _sort_value(execution: Execution, key: _Key, value: Any) -> Any:
    if value is None or key.field is None:
        return value
    if value == _end(key):
        return None
    if key.field.is_keyword:
        text = as_text(value)
        if len(text) > 200:
            raise BadQuery("a value has at most 200 characters", "search_after")
        return text
    if key.field.type == "date" and isinstance(value, int) and not key.key.format:
        return value
    if key.field.type == "date":
        return parse_date(
            value, "search_after", format_=key.key.format, now_ms=execution.compiler.now_ms
        )
    if key.field.type in FLOAT_TYPES and value in ("Infinity", "-Infinity"):
        return float(value)
    number = query_number(key.field, value, "search_after")
    return float(number) if key.field.type in FLOAT_TYPES else int(number)


def shown_values(asked: tuple[tree.SortKey, ...], keys: list[_Key], hit: Hit) -> list[Any]:
    """Return what an answer tells as a hit's sort values, one for each key that was asked for."""
    if len(asked) == len(keys):
        return [_shown(key, value) for key, value in zip(keys, hit.values, strict=True)]
    values = {id(key.key): _shown(key, value) for key, value in zip(keys, hit.values, strict=True)}
    return [values.get(id(key)) for key in asked]


def _shown(key: _Key, value: Any) -> Any:
    if key.field is None:
        return value
    if value is None:
        return _end(key)
    if key.field.type == "date" and key.key.format:
        return format_date(value, key.key.format)
    return value


def _end(key: _Key) -> Any:
    """Return what Elasticsearch tells of a record without a value: where it stands."""
    assert key.field is not None  # noqa: S101 - every record has a score.
    if key.field.is_keyword:
        return None
    is_high = (key.key.order == "asc") is (key.key.missing == "_last")
    if key.field.type in FLOAT_TYPES:
        return "Infinity" if is_high else "-Infinity"
    return _MAX_LONG if is_high else _MIN_LONG
