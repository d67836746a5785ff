"""The tables of the query language in the documentation, made from its rows."""

from collections.abc import Iterable, Iterator

from kinto_buildhub.search.language.aggregation_types import AGGREGATION_TYPES
from kinto_buildhub.search.language.query_clauses import QUERY_CLAUSES


def language_reference() -> str:
    """Return a section for queries and one for aggregations, in reStructuredText."""
    queries = ((clause.name, clause.help) for clause in QUERY_CLAUSES)
    aggregations = ((row.name, row.help) for row in AGGREGATION_TYPES)
    return "\n".join([*_section("Queries", queries), *_section("Aggregations", aggregations)])


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (title, "~" * len(title), "")
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 35 65", "")
    yield from ("   * - Name", "     - Remarks")
    for name, text in rows:
        yield from (f"   * - ``{name}``", f"     - {text}")
    yield ""
