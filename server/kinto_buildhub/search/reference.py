"""Tables for the documentation, made from what the code knows."""

from collections.abc import Iterable, Iterator

from kinto_buildhub.search.language.query_clauses import QUERY_CLAUSES

QUERIES = {clause.name: clause.help for clause in QUERY_CLAUSES}

AGGREGATIONS = {
    "avg": "",
    "cardinality": "Exact up to 9,000 different values, then within two percent.",
    "composite": "Sources ``terms``, ``histogram``, ``date_histogram``; ``missing_bucket``, "
    "``after``. No ``missing_order``.",
    "date_histogram": "``calendar_interval``, ``fixed_interval``, ``interval`` as it once was; "
    "``time_zone``, ``offset``, ``extended_bounds``, ``hard_bounds``. No ``missing``.",
    "date_range": "``format``, ``time_zone``. No ``missing``.",
    "extended_stats": "``sigma``.",
    "filter": "Any query; ``{}`` is every record.",
    "filters": "Named or a list; ``other_bucket_key``.",
    "global": "At the top.",
    "histogram": "``offset``, ``extended_bounds``, ``hard_bounds``. No ``missing``.",
    "max": "",
    "min": "",
    "missing": "",
    "percentiles": "Exact up to 10,000 different values, then within one percent.",
    "range": "Also overlapping ones. No ``missing``.",
    "stats": "",
    "sum": "",
    "terms": "``size``, ``order`` (``_count``, ``_key``, ``_term``, a metric below), ``include`` "
    "and ``exclude`` (an expression or a list), ``min_doc_count``, ``missing``.",
    "top_hits": "``sort``, ``_source``, ``size``, ``from``.",
    "value_count": "",
}


def language_reference() -> str:
    """Return a section each for queries and aggregations."""
    lines: list[str] = []
    for title, table in (("Queries", QUERIES), ("Aggregations", AGGREGATIONS)):
        lines += [title, "~" * len(title), "", *_table(("Name", "What of it"), table.items()), ""]
    return "\n".join(lines)


def _table(titles: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield ".. list-table::"
    yield "   :header-rows: 1"
    yield "   :widths: 35 65"
    yield ""
    for first, second in (titles, *rows):
        yield f"   * - {first if first in titles else f'``{first}``'}"
        yield f"     - {second}"
