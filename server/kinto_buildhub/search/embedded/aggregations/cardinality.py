"""Cardinality: the number of different values, exact where there are few."""

from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Evaluator,
    all_terms,
    built,
)
from kinto_buildhub.search.embedded.aggregations.metrics import missing_number
from kinto_buildhub.search.embedded.aggregations.unmapped import field_with_missing
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import IndexedField
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.values import as_text

# Up to this number, different values are counted one by one. Beyond it the answer is Tantivy's
# estimate, which is within about two percent.
MAX_EXACT_VALUES = 10_000

# Below this number Tantivy's estimate is exact.
_EXACT_ESTIMATE = 100


def cardinality_request(
    evaluator: Evaluator, agg: tree.CardinalityAgg, query: Any
) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if the mapping does not have the field."""
    indexed = field_with_missing(evaluator.execution, agg)
    if indexed is None:
        return None
    if indexed.field.type == "text":
        raise BadQuery(f"{agg.field!r} is text; use a keyword field", agg.path)
    missing = _missing(evaluator.execution, agg, indexed)
    return {"cardinality": {"field": indexed.tantivy_name, **missing}}


def cardinality_answer(
    evaluator: Evaluator, agg: tree.CardinalityAgg, raw: Any, query: Any
) -> Answer:
    """Return the answer from Tantivy's, or a count of the values where they are few enough."""
    estimate = int(raw["value"] or 0)
    if not _EXACT_ESTIMATE < estimate < MAX_EXACT_VALUES * 0.9:
        return {"value": estimate}
    execution = evaluator.execution
    indexed = field_with_missing(execution, agg)
    assert indexed is not None  # noqa: S101 - otherwise Tantivy got no request.
    terms = all_terms(indexed.tantivy_name, **_missing(execution, agg, indexed))
    found = execution.aggregate(built(query), {"x": {"terms": terms}})["x"]["buckets"]
    return {"value": len(found)}


def empty_cardinality_answer(evaluator: Evaluator, agg: tree.CardinalityAgg, query: Any) -> Answer:
    """Return the answer on a field that the mapping does not have."""
    return {"value": 0}


def _missing(
    execution: Execution, agg: tree.CardinalityAgg, indexed: IndexedField
) -> dict[str, Any]:
    if agg.missing is None:
        return {}
    if indexed.field.is_keyword:
        return {"missing": as_text(agg.missing)}
    return {"missing": missing_number(execution, indexed.field, agg)}
