"""Bucket aggregations by value, filter and range."""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.order import read_order
from kinto_buildhub.search.language.aggregations.row import read_field, read_format
from kinto_buildhub.search.language.dates.options import read_date_format, read_time_zone
from kinto_buildhub.search.language.json_values import MAX_INTEGER, iter_list, read_scalar, shown
from kinto_buildhub.search.language.lucene.regexp import check_regexp
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Aggregation

# How Elasticsearch collects buckets. They have no effect on a right answer.
_TUNING = ("shard_size", "collect_mode", "execution_hint")


def read_terms(reader: Reader) -> tree.TermsAgg:
    """A bucket for each value of a field."""
    size = reader.integer("size", 10, least=1)
    if size > MAX_INTEGER:
        raise BadQuery(f"expected at most {MAX_INTEGER}, got {size}", reader.at("size"))
    # A larger size asks for all of them. `check_all_terms` refuses an answer that has more.
    size = min(size, reader.budget.limits.terms_size + 1)
    include, exclude = _values(reader, "include"), _values(reader, "exclude")
    if isinstance(include, tree.Partition) and exclude is not None:
        raise BadQuery("a partition cannot be combined with 'exclude'", reader.at("exclude"))
    reader.ignore(*_TUNING)
    reader.only("shard_min_doc_count", 0, 1)
    reader.only("show_term_doc_count_error", False)
    reader.refuse("value_type", why="the type is that of the field")
    return tree.TermsAgg(
        field=read_field(reader),
        size=size,
        order=read_order(reader, tree.TermsAgg(field="").order),
        min_doc_count=reader.integer("min_doc_count", 1),
        include=include,
        exclude=exclude,
        missing=reader.scalar("missing", None),
        format=read_format(reader),
    )


def _values(reader: Reader, name: str) -> Any:
    """Take a regular expression, or a list of values."""
    value = reader.raw(name)
    path = reader.at(name)
    if isinstance(value, dict) and "pattern" in value:  # Elasticsearch 1's form.
        value = value["pattern"]
    if value is None:
        return None
    if isinstance(value, dict) and name == "include":
        return _partition(Reader.of(value, path, name, reader.budget))
    if isinstance(value, list):
        reader.budget.count_clauses(path, reader.depth, len(value))
        return tuple(read_scalar(item, at) for item, at in iter_list(value, path))
    if not isinstance(value, str):
        raise BadQuery(f"expected a regular expression or a list, got {shown(value)}", path)
    check_regexp(value, "ALL", path, reader.budget.limits)
    return value


def _partition(reader: Reader) -> tree.Partition:
    partition = tree.Partition(
        number=reader.integer("partition"), count=reader.integer("num_partitions", least=1)
    )
    reader.finish()
    if not partition.number < partition.count <= MAX_INTEGER:
        raise BadQuery(
            f"expected a partition from 0 to num_partitions - 1, got {partition.number} of "
            f"{partition.count}",
            reader.path,
        )
    return partition


def read_filter(body: Any, path: str, budget: Budget, depth: int) -> Aggregation:
    """One bucket for a query; some programs send ``{}`` for all records."""
    if body == {}:
        return tree.FilterAgg(filter=tree.MatchAll())
    return tree.FilterAgg(filter=parse_query(body, path, budget, depth + 1))


def read_filters(reader: Reader) -> Aggregation:
    """A bucket for each query, by name or in a list."""
    filters = reader.raw("filters")
    if filters is None:
        raise BadQuery(f"{reader.what}: 'filters' is missing", reader.path)
    at = reader.at("filters")
    if not filters:
        raise BadQuery(f"expected at least one filter, got {shown(filters)}", at)
    keyed = isinstance(filters, dict)
    if keyed:
        items = [(key, value, f"{at}.{key}") for key, value in filters.items()]
    else:
        items = [(str(n), *item) for n, item in enumerate(iter_list(filters, at))]
    other = reader.text("other_bucket_key", None)
    if (is_wanted := reader.flag("other_bucket", None)) and other is None:
        other = "_other_"
    if is_wanted is False:
        other = None
    return tree.FiltersAgg(
        filters=tuple(
            (key, parse_query(value, where, reader.budget, reader.depth + 1))
            for key, value, where in items
        ),
        keyed=reader.flag("keyed", True) and keyed,
        named=keyed,
        other_bucket_key=other,
    )


def read_global(reader: Reader) -> Aggregation:
    """One bucket of all records, whatever the query."""
    if reader.depth > 1:
        raise BadQuery("a 'global' aggregation is possible at the top only", reader.path)
    return tree.GlobalAgg()


def read_missing(reader: Reader) -> Aggregation:
    """One bucket of the records without the field."""
    return tree.MissingAgg(field=read_field(reader), missing=reader.scalar("missing", None))


def read_range(reader: Reader) -> Aggregation:
    """A bucket for each range of numbers, or of dates on a field of dates."""
    return tree.RangeAgg(
        field=read_field(reader),
        ranges=_ranges(reader, read_scalar),
        format=read_format(reader),
        keyed=reader.flag("keyed"),
        missing=reader.scalar("missing", None),
    )


def read_date_range(reader: Reader) -> Aggregation:
    """A bucket for each range of dates."""
    return tree.DateRangeAgg(
        field=read_field(reader),
        ranges=_ranges(reader, read_scalar),
        format=read_date_format(reader),
        time_zone=read_time_zone(reader),
        keyed=reader.flag("keyed"),
        missing=reader.scalar("missing", None),
    )


def _ranges(reader: Reader, read: Callable[[Any, str], Any]) -> tuple[tree.RangeBucket, ...]:
    found: list[tree.RangeBucket] = []
    for value, path in reader.list("ranges"):
        inner = Reader.of(value, path, "range", reader.budget)
        inner.allow_null("from", "to")
        from_, to = (
            read(inner.raw(name), inner.at(name)) if inner.has(name) else None
            for name in ("from", "to")
        )
        inner.ignore("from", "to")
        found.append(tree.RangeBucket(key=inner.text("key", None), from_=from_, to=to))
        inner.finish()
    if not found:
        raise BadQuery("expected at least one range, got an empty list", reader.at("ranges"))
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)
