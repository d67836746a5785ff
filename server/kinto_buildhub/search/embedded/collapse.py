"""``collapse``: the best hit of each group of records that share a value."""

from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import negated
from kinto_buildhub.search.embedded.schema import IndexedField
from kinto_buildhub.search.embedded.sort_keys import Hit
from kinto_buildhub.search.embedded.sorting import top_hits
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import iter_values
from kinto_buildhub.search.values import record_value

# How far beyond the result window the hits of large groups are read.
_MAX_WINDOWS = 10


class Collapser:
    """Collapses the hits of one request.

    Args:
        execution: of the request.
        collapse: the field, and the inner hits of each group.

    Raises:
        BadQuery: the field is unknown, or is neither a keyword nor a number.
    """

    def __init__(self, execution: Execution, collapse: tree.Collapse) -> None:
        indexed = execution.compiler.field(collapse.field)
        if indexed is None or not (indexed.field.is_keyword or indexed.field.is_number):
            raise BadQuery(
                f"cannot collapse by {collapse.field!r}: expected a keyword or number field",
                "collapse.field",
                "illegal_argument_exception",
            )
        self.collapse = collapse
        self._execution = execution
        self._indexed: IndexedField = indexed

    def top_hits(
        self, query: Any, options: tree.HitOptions, after: tuple[Any, ...] | None = None
    ) -> list[Hit]:
        """Return the best hit of each group, reading hits until there are enough groups.

        Raises:
            BadQuery: the groups are too large to find enough of them, or a hit is in several.
        """
        limit = options.from_ + options.size
        most = self._execution.limits.result_window * _MAX_WINDOWS
        fetched = max(4 * limit, 50)
        while True:
            hits = top_hits(self._execution, query, options.sort, min(fetched, most), after)
            best: dict[Any, Hit] = {}
            for hit in hits:
                best.setdefault(self._group(hit), hit)
                if len(best) > limit:
                    break
            if len(best) >= limit or len(hits) < fetched:
                return list(best.values())[:limit]
            if fetched >= most:
                raise BadQuery(
                    "too many hits share the values to collapse by; narrow the query, or use a "
                    "terms aggregation with top_hits",
                    "collapse",
                )
            fetched *= 4

    def _group(self, hit: Hit) -> Any:
        """Return the value that a hit is collapsed by; None for those without any."""
        record_id, record = self._execution.record(hit.address)
        values = self.values(record)
        # The index keeps a word of a record once, and a number as often as it is there.
        if len(set(values) if self._indexed.field.is_keyword else values) > 1:
            raise BadQuery(
                f"cannot collapse by {self.collapse.field!r}: {record_id!r} has several values",
                "collapse.field",
                "illegal_argument_exception",
            )
        return values[0] if values else None

    def values(self, record: dict[str, Any]) -> list[Any]:
        """Return a record's values of the field; the first one is that of its group."""
        field = self._indexed.field
        return [record_value(field, value) for value in iter_values(field, record)]

    def group_query(self, query: Any, record: dict[str, Any]) -> Any:
        """Return *query* for the records in the group of *record*."""
        compiler, name = self._execution.compiler, self._indexed.tantivy_name
        values = self.values(record)
        if values and values[0] is not None:
            return self._execution.filtered(query, compiler.term(name, values[0]))
        return self._execution.filtered(query, negated(compiler.exists(name)))
