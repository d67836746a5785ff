"""Requests for ``terms`` aggregations to Tantivy."""

from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    ALL_BUCKETS,
    Evaluator,
    requests_below,
)
from kinto_buildhub.search.embedded.aggregations.metrics import missing_number
from kinto_buildhub.search.embedded.aggregations.unmapped import field_with_missing
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import (
    EMPTY_TEXT_FIELD,
    ID_FIELD,
    IndexedField,
    ordinal_field,
)
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.field_formats import check_field_format
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text

# Up to this many terms, a bucket for each takes less time than a second request.
_MAX_TERMS_AT_ONCE = 5000

# Up to this many terms Tantivy counts in an array, which takes half the time of our ordinals.
_MAX_TERMS_IN_ARRAY = 256

# With this many times the requested buckets, the end of a tie nearly always shows.
_OVERSAMPLING, _MIN_OVERSAMPLED = 10, 1000

_MOST_FIRST = tree.TermsAgg(field="").order


def terms_request(evaluator: Evaluator, agg: tree.TermsAgg, query: Any) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if the mapping does not have the field."""
    indexed = keyed_field(evaluator.execution, agg)
    if indexed is None:
        return None
    if indexed is not EMPTY_TEXT_FIELD:
        check_field_format(indexed.field, agg.format, agg.path)
    terms: dict[str, Any] = {"field": indexed.tantivy_name, "segment_size": ALL_BUCKETS}
    if agg.order[0].by == "_key" and indexed.field.type not in FLOAT_TYPES:
        terms |= {"size": agg.size, "order": {"_key": agg.order[0].order}}
    elif is_by_count(agg):
        # Some more, to see which of them tie with the last one.
        size = agg.size + max(50, agg.size // 2)
        terms |= {"size": size, "order": {"_count": "desc"}}
    else:  # Tantivy has another order of fractions: whole numbers among them come apart.
        terms |= {"size": ALL_BUCKETS}
    if agg.min_doc_count != 1:
        terms["min_doc_count"] = agg.min_doc_count
    terms |= selection(evaluator.execution, agg, indexed)
    return {"terms": terms, **requests_below(evaluator, agg, query)}


def selection(execution: Execution, agg: tree.TermsAgg, indexed: IndexedField) -> dict[str, Any]:
    """Return what a request says about ``missing``, ``include`` and ``exclude``.

    Raises:
        BadQuery: a pattern for a field that holds no text.
    """
    terms: dict[str, Any] = {}
    if agg.missing is not None:
        terms["missing"] = missing_value(execution, indexed.field, agg)
    for name in ("include", "exclude"):
        chosen = getattr(agg, name)
        if chosen is None:
            continue
        if isinstance(chosen, tree.Partition):
            terms["size"] = ALL_BUCKETS
        elif indexed.field.is_keyword:
            terms[name] = _chosen_terms(chosen, f"{agg.path}.{name}")
        elif isinstance(chosen, str):
            raise BadQuery(
                f"{agg.field!r} holds no text; give the values as a list", f"{agg.path}.{name}"
            )
        else:  # Tantivy selects texts only, so `terms` selects among all buckets.
            terms["size"] = ALL_BUCKETS
    return terms


def _chosen_terms(chosen: str | tuple[tree.Scalar, ...], path: str) -> str | list[str]:
    if isinstance(chosen, tuple):
        return [as_text(value) for value in chosen]
    return parse_regexp(chosen, path=path).text


def with_term_ordinals(
    execution: Execution, agg: tree.TermsAgg, request: dict[str, Any], *, is_top_level: bool
) -> dict[str, Any]:
    """Return the request by term ordinals, if the order of the buckets does not need the texts.

    Args:
        execution: of the request.
        agg: the aggregation.
        request: of `terms_request`.
        is_top_level: there is one such aggregation, not one per bucket. It gets nearly all of its
            buckets, unless there are many, so that no second request is needed to find those that
            tie with the last one.
    """
    if not is_by_count(agg) or agg.min_doc_count < 1:
        return request
    indexed = execution.compiler.field(agg.field)
    is_selective = (agg.include, agg.exclude, agg.missing) != (None, None, None)
    if indexed is None or is_selective or indexed.field.type != "keyword":
        return request
    name, term_ordinals = indexed.tantivy_name, execution.term_ordinals
    if not term_ordinals.are_usable(name):
        return request
    terms = {**request["terms"], "field": ordinal_field(name)}
    if is_top_level:
        count = term_ordinals.count(name)
        if count > _MAX_TERMS_AT_ONCE:
            return request
        terms["size"] = max(_MIN_OVERSAMPLED, _OVERSAMPLING * agg.size)
        if count <= _MAX_TERMS_IN_ARRAY and not agg.aggs:
            terms["field"] = name
    return {**request, "terms": terms}


def keyed_field(execution: Execution, agg: tree.TermsAgg) -> IndexedField | None:
    """Return the field whose values are the keys; None if the mapping does not have it.

    Raises:
        BadQuery: it is analyzed text.
    """
    if agg.field == "_id":
        return ID_FIELD
    indexed = field_with_missing(execution, agg)
    if indexed is not None and indexed.field.type == "text":
        raise BadQuery(
            f"{agg.field!r} is text that is split in words; aggregate on a keyword field",
            agg.path,
            "illegal_argument_exception",
        )
    return indexed


def is_by_count(agg: tree.TermsAgg) -> bool:
    """Return whether the largest buckets come first, and are not chosen by lists or partitions."""
    is_chosen = isinstance(agg.include, (tuple, tree.Partition)) or isinstance(agg.exclude, tuple)
    return agg.order == _MOST_FIRST and not is_chosen


def missing_value(execution: Execution, field: Field, agg: tree.TermsAgg) -> Any:
    """Return ``missing`` as the index holds such values."""
    if field.is_keyword:
        return as_text(agg.missing)
    return missing_number(execution, field, agg)
