"""Metrics aggregations: numbers over a field's values, and the best hits."""

from typing import Literal

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.row import (
    ReadBody,
    object_body,
    read_field,
    read_format,
)
from kinto_buildhub.search.language.hits import check_inner_window, parse_hits
from kinto_buildhub.search.language.json_values import read_number
from kinto_buildhub.search.language.reader import Reader
from kinto_buildhub.search.language.tree import Aggregation

Metric = Literal["min", "max", "sum", "avg", "value_count", "stats", "extended_stats"]


def metric_body(kind: Metric) -> ReadBody:
    """Return the reader of the body of a simple metric."""

    def read(reader: Reader) -> Aggregation:
        return tree.MetricAgg(
            kind=kind,
            field=read_field(reader),
            missing=reader.scalar("missing", None),
            sigma=float(reader.number("sigma", 2.0, least=0)) if kind == "extended_stats" else 2.0,
            format=read_format(reader),
        )

    return object_body(read)


def read_cardinality(reader: Reader) -> Aggregation:
    """The number of different values."""
    reader.ignore("rehash", "execution_hint")
    return tree.CardinalityAgg(
        field=read_field(reader),
        missing=reader.scalar("missing", None),
        precision_threshold=min(reader.integer("precision_threshold", 3000), 40000),
    )


def read_percentiles(reader: Reader) -> Aggregation:
    """The values below which shares of the records lie."""
    _check_tdigest(reader)
    reader.refuse("hdr", why="values are exact, or estimated with a t-digest")
    percents = tuple(float(read_number(value, at)) for value, at in reader.list("percents", None))
    for percent in percents:
        if not 0 <= percent <= 100:
            raise BadQuery(
                f"expected percentages from 0 to 100, got {percent:g}", reader.at("percents")
            )
    if not percents and reader.has("percents"):
        raise BadQuery("expected at least one percentage, got an empty list", reader.at("percents"))
    reader.budget.count_clauses(reader.path, reader.depth, len(percents))
    return tree.PercentilesAgg(
        field=read_field(reader),
        percents=percents or tree.PercentilesAgg(field="").percents,
        keyed=reader.flag("keyed", True),
        missing=reader.scalar("missing", None),
        format=read_format(reader),
    )


def _check_tdigest(reader: Reader) -> None:
    """Take how exact an estimate is; ours does not depend on it."""
    value = reader.raw("tdigest")
    if value is None:
        return
    inner = Reader.of(value, reader.at("tdigest"), "tdigest", reader.budget)
    inner.number("compression", None, least=0)
    inner.choice("execution_hint", ("default", "high_accuracy"), None)
    inner.finish()


def read_top_hits(reader: Reader) -> Aggregation:
    """The best hits of a bucket."""
    hits = parse_hits(reader, default_size=3)
    check_inner_window(hits, reader)
    if hits.size + hits.from_ == 0:
        raise BadQuery("expected a size of at least 1 for 'top_hits', got 0", reader.at("size"))
    return tree.TopHitsAgg(hits=hits)
