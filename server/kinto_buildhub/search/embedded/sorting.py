"""Sorted hits: several keys, and records without a value.

Tantivy sorts by one key. So each key in turn makes a cut: values better than the last one that fits
are in, and ties with the last one are sorted by the next key. Records without a value come last (or
first), from a search of their own.

A record that ties with no other needs no more sorting. Its values of the further keys are read for
a whole page at once: with a search for each, a page of ten thousand takes seconds.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import excluding
from kinto_buildhub.search.embedded.schema import AT, ID
from kinto_buildhub.search.embedded.search_after import search_after_query
from kinto_buildhub.search.embedded.several_values import (
    hits_with_several_values,
    several_values_query,
)
from kinto_buildhub.search.embedded.sort_keys import Hit, SortKey, resolve_sort_keys
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree

# To sort by a text, Tantivy looks up the text of every hit in each of its segments. For pages of
# at least this many hits, reading the records and sorting them here is quicker.
_LONG_PAGE = 1000


def top_hits(
    execution: Execution,
    query: Any,
    keys: tuple[tree.SortKey, ...],
    limit: int,
    after: tuple[Any, ...] | None = None,
) -> list[Hit]:
    """Return the first *limit* hits; without keys by score.

    Args:
        execution: of the request.
        query: of Tantivy.
        keys: of the request.
        limit: the maximum number of hits.
        after: the sort values that the hits follow, as `parse_search_after` returns them.
    """
    resolved = resolve_sort_keys(execution, keys)
    several = hits_with_several_values(execution, query, resolved, after)
    if several is not None:
        query = excluding(query, several_values_query(execution, resolved))
    if after is not None:
        query = search_after_query(execution, query, resolved, after)
    if keys and not resolved:  # By unmapped fields only, in all of which the records tie.
        hits = list(_by_keys(execution, query, [], limit, ()))
    else:
        hits = _top_hits(execution, query, resolved, limit)
    if several is None:
        return hits
    # Hits that tie in all keys come in the order of the index.
    merged = sorted(hits + several, key=lambda hit: _position(hit.address))
    return _sorted(merged, resolved)[:limit]


def _top_hits(execution: Execution, query: Any, resolved: list[SortKey], limit: int) -> list[Hit]:
    """Return the first *limit* hits; they have one value for each key, or none."""
    if not resolved:
        return [Hit(address, (), score) for score, address in execution.top(query, limit)]
    first = resolved[0]
    if first.tantivy_name is None and not first.is_ascending and len(resolved) == 1:
        return [Hit(address, (score,), score) for score, address in execution.top(query, limit)]
    if any(key.tantivy_name is None for key in resolved):
        return _by_score_and_fields(execution, query, resolved, limit)
    if first.is_id and limit >= _LONG_PAGE:
        addresses = execution.all_addresses(query, limit)
        if addresses is not None:
            return _by_id(execution, addresses, *resolved)
    if len(resolved) == 1 and first.key.missing == "_last":
        return _by_one_key(execution, query, first, limit)
    return list(_by_keys(execution, query, resolved, limit, ()))


def _by_one_key(execution: Execution, query: Any, key: SortKey, limit: int) -> list[Hit]:
    """Sort as most requests do, without what several keys need."""
    found = execution.top(query, limit, by=key.tantivy_name, ascending=key.is_ascending)
    hits = [Hit(address, (value,), None) for value, address in found if value is not None]
    if len(hits) < limit:
        without_value = _without_value(execution, query, key)
        hits += _by_keys(execution, without_value, [], limit - len(hits), (None,))
    return hits


def _by_keys(
    execution: Execution, query: Any, keys: list[SortKey], limit: int, before: tuple[Any, ...]
) -> Iterator[Hit]:
    """Yield up to *limit* hits by the keys; *before* are the sort values that all of them share."""
    if limit < 1:
        return
    if not keys:  # They tie, and come in the order of the index, not by their scores.
        for _, address in execution.top(query, limit, by=AT, ascending=True):
            yield Hit(address, before, None)
        return
    key, *rest = keys
    remaining = limit
    for has_value in (True, False) if key.key.missing == "_last" else (False, True):
        if remaining < 1:
            return
        if has_value:
            hits = _by_value(execution, query, key, rest, remaining, before)
        else:
            without_value = _without_value(execution, query, key)
            hits = _by_keys(execution, without_value, rest, remaining, (*before, None))
        for hit in hits:
            remaining -= 1
            yield hit


def _by_value(
    execution: Execution,
    query: Any,
    key: SortKey,
    rest: list[SortKey],
    limit: int,
    before: tuple[Any, ...],
) -> Iterator[Hit]:
    # One more than fits shows whether the last value is cut in two.
    found = execution.top(query, limit + 1, by=key.tantivy_name, ascending=key.is_ascending)
    found = [(value, address) for value, address in found if value is not None]
    if not rest or not found:
        for value, address in found[:limit]:
            yield Hit(address, (*before, value), None)
        return
    remaining = limit
    cut = found[-1][0] if len(found) > limit else None
    groups = _grouped_by_value(found)
    single = [each[0] for value, each in groups.items() if len(each) == 1 and value != cut]
    single_values = iter(_values(execution, rest, single))
    for value, addresses in groups.items():
        if remaining < 1:
            return
        if len(addresses) == 1 and value != cut:
            remaining -= 1
            yield Hit(addresses[0], (*before, value, *next(single_values)), None)
            continue
        tied = execution.filtered(query, execution.compiler.term(key.tantivy_name or "", value))
        for hit in _by_keys(execution, tied, rest, remaining, (*before, value)):
            remaining -= 1
            yield hit


def _grouped_by_value(found: list[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Return the addresses of each value, values in the order of *found*."""
    groups: dict[Any, list[Any]] = {}
    for value, address in found:
        groups.setdefault(value, []).append(address)
    return groups


def _by_id(execution: Execution, addresses: list[Any], key: SortKey, *rest: SortKey) -> list[Hit]:
    """Sort records by their IDs; the other keys decide nothing, but their values are shown."""
    record_ids = [execution.stored_record(address)[0] for address in addresses]
    other_values = _values(execution, rest, addresses)
    hits = [
        Hit(address, (record_id, *values), None, record_id)
        for address, record_id, values in zip(addresses, record_ids, other_values, strict=True)
    ]
    hits.sort(key=lambda hit: hit.values[0], reverse=not key.is_ascending)
    return hits


def _values(
    execution: Execution, keys: Sequence[SortKey], addresses: list[Any]
) -> list[tuple[Any, ...]]:
    """Return the sort values of each record."""
    if not keys:
        return [()] * len(addresses)
    columns = [_column(execution, key, addresses) for key in keys]
    return list(zip(*columns, strict=True))


def _column(execution: Execution, key: SortKey, addresses: list[Any]) -> list[Any]:
    assert key.field is not None  # noqa: S101 - `_by_score_and_fields` handles the score.
    if not key.is_id and not key.field.is_keyword:
        return list(execution.searcher.fast_field_values(key.tantivy_name, addresses))
    record_ids = [execution.stored_record(address)[0] for address in addresses]
    if key.is_id:
        return record_ids
    # Tantivy returns texts only for hits that it sorts by them.
    by, ascending = key.tantivy_name, key.is_ascending
    single = (execution.compiler.term(ID, record_id) for record_id in record_ids)
    return [execution.top(each, 1, by=by, ascending=ascending)[0][0] for each in single]


def _by_score_and_fields(
    execution: Execution, query: Any, keys: list[SortKey], limit: int
) -> list[Hit]:
    """Sort all matches by the score and other keys.

    Raises:
        BadQuery: there are more matches than the result window.
    """
    window = execution.limits.result_window
    scored = execution.top(query, window + 1)
    if len(scored) > window:
        raise BadQuery(
            f"sorting by _score and other keys works for up to {window} matches; narrow the query",
            "sort",
        )
    columns = [
        {} if key.tantivy_name is None else _values_by_position(execution, query, key, len(scored))
        for key in keys
    ]
    hits = [
        Hit(
            address,
            tuple(
                score if key.tantivy_name is None else column.get(_position(address))
                for key, column in zip(keys, columns, strict=True)
            ),
            score,
        )
        for score, address in scored
    ]
    return _sorted(hits, keys)[:limit]


def _values_by_position(
    execution: Execution, query: Any, key: SortKey, limit: int
) -> dict[tuple[int, int], Any]:
    found = execution.top(query, limit, by=key.tantivy_name, ascending=key.is_ascending)
    return {_position(address): value for value, address in found}


def _position(address: Any) -> tuple[int, int]:
    return address.segment_ord, address.doc


def _sorted(hits: list[Hit], keys: list[SortKey]) -> list[Hit]:
    for number, key in reversed(list(enumerate(keys))):
        hits = _sorted_by(hits, number, key.key)
    return hits


def _sorted_by(hits: list[Hit], number: int, key: tree.SortKey) -> list[Hit]:
    """Return hits by one of their sort values; ties stay in their order."""
    present = [hit for hit in hits if hit.values[number] is not None]
    absent = [hit for hit in hits if hit.values[number] is None]
    present.sort(key=lambda hit: hit.values[number], reverse=key.order == "desc")
    return absent + present if key.missing == "_first" else present + absent


def _without_value(execution: Execution, query: Any, key: SortKey) -> Any:
    return excluding(query, execution.compiler.exists(key.tantivy_name or ""))
