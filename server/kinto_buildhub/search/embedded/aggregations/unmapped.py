"""``missing`` on a field that the mapping does not have: every record has that value."""

from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import (
    EMPTY_NUMBER_FIELD,
    EMPTY_TEXT_FIELD,
    IndexedField,
)
from kinto_buildhub.search.language import tree


def field_with_missing(execution: Execution, agg: Any) -> IndexedField | None:
    """Return the field of an aggregation; None if it has no values at all.

    A field that the mapping does not have stands for one without values if the aggregation says
    what to take instead. Metrics expect a number there, others a text.
    """
    indexed = execution.compiler.field(agg.field)
    if indexed is not None or agg.missing is None:
        return indexed
    is_number = isinstance(agg, tree.PercentilesAgg) or (
        isinstance(agg, tree.MetricAgg) and agg.kind != "value_count"
    )
    return EMPTY_NUMBER_FIELD if is_number else EMPTY_TEXT_FIELD
