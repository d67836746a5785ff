"""Range queries: on texts, dates, whole numbers and floats."""

import math
from typing import Any

import tantivy
from buildhub_schema.versions import version_order

from kinto_buildhub.search.embedded.queries.combine import constant_score
from kinto_buildhub.search.embedded.queries.compiler import Compiler
from kinto_buildhub.search.embedded.schema import MAX_LONG, MIN_LONG, IndexedField
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import parse_date
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, query_number


def range_query(compiler: Compiler, query: tree.Range) -> Any:
    """Compile a ``range``; without bounds it matches where the field has a value."""
    indexed = compiler.field(query.field)
    if indexed is None:
        return tantivy.Query.empty_query()
    field, name = indexed
    if query.gt is query.gte is query.lt is query.lte is None:
        return constant_score(compiler.exists(name))
    if field.is_keyword or field.type == "text":
        return _text_range(compiler, indexed, query)
    if field.type == "date":
        return _whole_range(compiler, name, *date_bounds(query, compiler.now_ms))
    if field.type in FLOAT_TYPES:
        return _float_range(compiler, indexed, query)
    return _whole_range(compiler, name, *_whole_bounds(field, query))


def date_bounds(query: tree.Range, now_ms: int) -> tuple[int | None, int | None]:
    """Return the first and the last millisecond of a range of dates, both inclusive."""

    def parse(bound: Any, *, round_up: bool) -> int:
        return parse_date(
            bound,
            query.path,
            format_=query.format,
            time_zone=query.time_zone,
            round_up=round_up,
            now_ms=now_ms,
        )

    lower = upper = None
    if query.gte is not None:
        lower = parse(query.gte, round_up=False)
    if query.gt is not None:
        after = parse(query.gt, round_up=True) + 1
        lower = after if lower is None else max(lower, after)
    if query.lte is not None:
        upper = parse(query.lte, round_up=True)
    if query.lt is not None:
        before = parse(query.lt, round_up=False) - 1
        upper = before if upper is None else min(upper, before)
    return lower, upper


def _text_range(compiler: Compiler, indexed: IndexedField, query: tree.Range) -> Any:
    def text(bound: Any) -> str | None:
        if bound is None:
            return None
        return version_order(as_text(bound)) if indexed.field.is_computed else as_text(bound)

    lower = text(query.gte if query.gte is not None else query.gt)
    upper = text(query.lte if query.lte is not None else query.lt)
    include = query.gte is not None, query.lte is not None
    return compiler.text_range(indexed, lower, upper, include, query.path)


def _whole_bounds(field: Field, query: tree.Range) -> tuple[int | None, int | None]:
    lower = upper = None
    if query.gte is not None:
        lower = math.ceil(query_number(field, query.gte, query.path))
    if query.gt is not None:
        lower = math.floor(query_number(field, query.gt, query.path)) + 1
    if query.lte is not None:
        upper = math.floor(query_number(field, query.lte, query.path))
    if query.lt is not None:
        upper = math.ceil(query_number(field, query.lt, query.path)) - 1
    return lower, upper


def _whole_range(
    compiler: Compiler, tantivy_name: str, lower: int | None, upper: int | None
) -> Any:
    low = MIN_LONG if lower is None else lower
    high = MAX_LONG if upper is None else upper
    if low > high or low > MAX_LONG or high < MIN_LONG:
        return tantivy.Query.empty_query()
    low, high = max(low, MIN_LONG), min(high, MAX_LONG)
    kind = tantivy.FieldType.Integer
    return compiler.number_range(tantivy_name, kind, low, high, (True, True))


def _float_range(compiler: Compiler, indexed: IndexedField, query: tree.Range) -> Any:
    lower = query.gte if query.gte is not None else query.gt
    upper = query.lte if query.lte is not None else query.lt
    low = -math.inf if lower is None else float(query_number(indexed.field, lower, query.path))
    high = math.inf if upper is None else float(query_number(indexed.field, upper, query.path))
    include = query.gt is None, query.lt is None
    if low > high or (low == high and not all(include)):
        return tantivy.Query.empty_query()
    return compiler.number_range(indexed.tantivy_name, tantivy.FieldType.Float, low, high, include)
