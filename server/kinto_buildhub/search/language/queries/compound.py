"""Compound queries: those that hold other queries."""

from collections.abc import Callable

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.queries.clause import ReadBody, object_body
from kinto_buildhub.search.language.queries.minimum_should_match import read_minimum
from kinto_buildhub.search.language.reader import Reader
from kinto_buildhub.search.language.tree import Query


def compound_body(read: Callable[[Reader, ReadBody], Query], parse_query: ReadBody) -> ReadBody:
    """Return the reader of a body with queries in it, which *parse_query* reads."""
    return object_body(lambda reader: read(reader, parse_query))


def read_bool(reader: Reader, parse_query: ReadBody) -> Query:
    """``must``, ``filter``, ``should``, ``must_not``: a query or a list of them each."""
    reader.ignore("disable_coord")  # Elasticsearch 5's, about scores.
    reader.only("adjust_pure_negative", True)
    reader.allow_null("must", "filter", "should", "must_not", "minimum_should_match")
    return tree.Bool(
        must=_queries(reader, parse_query, "must"),
        filter=_queries(reader, parse_query, "filter"),
        should=_queries(reader, parse_query, "should"),
        must_not=_queries(reader, parse_query, "must_not", "mustNot"),
        minimum_should_match=read_minimum(reader, "minimum_number_should_match"),
        path=reader.path,
    )


def read_filtered(reader: Reader, parse_query: ReadBody) -> Query:
    """``query`` and ``filter``."""
    return tree.Bool(
        must=_queries(reader, parse_query, "query"),
        filter=_queries(reader, parse_query, "filter"),
        path=reader.path,
    )


def read_dis_max(reader: Reader, parse_query: ReadBody) -> Query:
    """``queries``: a list of them."""
    reader.list("queries")
    return tree.DisMax(
        queries=_queries(reader, parse_query, "queries"),
        tie_breaker=float(reader.number("tie_breaker", 0.0, least=0, most=1)),
        path=reader.path,
    )


def read_constant_score(reader: Reader, parse_query: ReadBody) -> Query:
    """``filter``, formerly ``query``: a single query."""
    name = "query" if "query" in reader.value and "filter" not in reader.value else "filter"
    inner = reader.raw(name)
    if inner is None:
        raise BadQuery(f"{reader.what}: 'filter' is missing", reader.path)
    filter_ = parse_query(inner, reader.at(name), reader.budget, reader.depth + 1)
    return tree.ConstantScore(filter=filter_, path=reader.path)


def read_boosting(reader: Reader, parse_query: ReadBody) -> Query:
    """``positive`` and ``negative``: a query each."""
    for name in ("positive", "negative"):
        if not reader.has(name):
            raise BadQuery(f"{reader.what}: {name!r} is missing", reader.path)
    boost = float(reader.number("negative_boost", least=0))
    positive, negative = (
        parse_query(reader.raw(name), reader.at(name), reader.budget, reader.depth + 1)
        for name in ("positive", "negative")
    )
    return tree.Boosting(
        positive=positive, negative=negative, negative_boost=boost, path=reader.path
    )


def _queries(reader: Reader, parse_query: ReadBody, *names: str) -> tuple[Query, ...]:
    return tuple(
        parse_query(value, path, reader.budget, reader.depth + 1)
        for name in names
        for value, path in reader.list(name, None)
    )
