"""Aggregations: by Tantivy's own where they are exact, by searches of their own where not.

Aggregations of one level go to Tantivy together, with those below them that it can do. What it
cannot (filters below buckets, top hits, calendar months …) is asked bucket by bucket, of the query
narrowed to the bucket. The time limit bounds that.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any

import tantivy

from kinto_buildhub.search.embedded import metrics
from kinto_buildhub.search.embedded.compile import any_of, date_bounds, without
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.hits import inner_hits
from kinto_buildhub.search.embedded.intervals import Interval, interval_of
from kinto_buildhub.search.embedded.schema import number_field
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.order import resolve_order
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import as_text, double_text, query_number

# Tantivy cuts off in each segment first; only with all of them is a count exact.
EVERY = 100_000_000

# With so many texts it takes less time to get a bucket for each than to ask twice.
_FEW_TEXTS = 5000

# So few Tantivy counts in half the time by its own numbers, which it keeps in a list.
_VERY_FEW_TEXTS = 256

# So many times the wanted buckets nearly always show where those that tie with the last one end.
_TIMES_ASKED, _LEAST_ASKED = 10, 1000

_KINDS = {
    tree.FilterAgg: "filter",
    tree.FiltersAgg: "filters",
    tree.GlobalAgg: "global",
    tree.MissingAgg: "missing",
    tree.RangeAgg: "range",
    tree.DateRangeAgg: "date_range",
    tree.HistogramAgg: "histogram",
    tree.DateHistogramAgg: "date_histogram",
    tree.CompositeAgg: "composite",
    tree.CardinalityAgg: "cardinality",
    tree.PercentilesAgg: "tdigest_percentiles",
    tree.TopHitsAgg: "top_hits",
}


@dataclass(slots=True)
class Bucket:
    """One bucket on its way into the answer.

    Attributes:
        key: as it sorts.
        body: as the answer carries it, without what is below.
        raw: Tantivy's answer for what is below, by number.
        query: makes the query narrowed to the bucket.
        below: what is below, by name, as far as it is known.
    """

    key: Any
    body: dict[str, Any]
    raw: dict[str, Any]
    query: Callable[[], Any]
    below: dict[str, Any] = field(default_factory=dict)


class Aggregator:
    """Answers the aggregations of one request."""

    def __init__(self, execution: Execution, index_name: str, *, typed_keys: bool = False) -> None:
        self._execution = execution
        self._index_name = index_name
        self._typed_keys = typed_keys

    def evaluate(
        self, aggs: tree.NamedAggregations, query: Any, *, counted: bool = False
    ) -> dict[str, Any]:
        """Return the answer to each aggregation, by name, over what *query* matches.

        Args:
            counted: whether somebody will ask how many match.
        """
        requests: dict[str, Any] = {}
        for number, (_, agg) in enumerate(aggs):
            request = self._native(agg, query)
            if request is not None:
                requests[str(number)] = self._by_number(agg, request, every=True)
        raw = self._execution.aggregate(query, requests, counted=counted)
        together = self._filters_together(aggs, query)
        return {
            self._name(name, agg): together[number]
            if number in together
            else self._answer(agg, raw.get(str(number)), query)
            for number, (name, agg) in enumerate(aggs)
        }

    def _filters_together(
        self, aggs: tree.NamedAggregations, query: Any
    ) -> dict[int, dict[str, Any]]:
        """Return the answers to those that share their filter, by number.

        The facets of a page do, all but a few; the records behind it are gone through once.
        """
        # Told apart as text: as values, 1 and true are the same.
        by_filter: dict[str, list[int]] = {}
        for number, (_, agg) in enumerate(aggs):
            if isinstance(agg, tree.FilterAgg):
                by_filter.setdefault(repr(agg.filter), []).append(number)
        found: dict[int, dict[str, Any]] = {}
        for numbers in by_filter.values():
            if len(numbers) > 1:
                found |= self._under_one_filter([(n, aggs[n][1]) for n in numbers], query)
        return found

    def _under_one_filter(
        self, aggs: list[tuple[int, tree.Aggregation]], query: Any
    ) -> dict[int, dict[str, Any]]:
        first = aggs[0][1]
        assert isinstance(first, tree.FilterAgg)  # noqa: S101 - all are.
        chosen = self._execution.compiler.query(first.filter)
        narrowed = self._execution.narrowed(plain(query), chosen)
        self._execution.add_buckets(len(aggs))
        every = [inner for _, agg in aggs for _, inner in agg.aggs]
        named = tuple((str(number), inner) for number, inner in enumerate(every))
        answers = iter(self.evaluate(named, narrowed, counted=True).values())
        count = self._execution.count(narrowed)
        found = {}
        for number, agg in aggs:
            below = {self._name(name, inner): next(answers) for name, inner in agg.aggs}
            meta = {} if agg.meta is None else {"meta": agg.meta}
            found[number] = {**meta, "doc_count": count, **below}
        return found

    def _name(self, name: str, agg: tree.Aggregation) -> str:
        return f"{self._kind(agg)}#{name}" if self._typed_keys else name

    def _kind(self, agg: tree.Aggregation) -> str:
        if isinstance(agg, tree.MetricAgg):
            return agg.kind
        if not isinstance(agg, tree.TermsAgg):
            return _KINDS[type(agg)]
        known = self._execution.compiler.field(agg.field)
        if known is None:
            return "umterms"
        return (
            "sterms"
            if known[0].is_keyword
            else ("dterms" if known[0].type in ("double", "float") else "lterms")
        )

    def _answer(self, agg: tree.Aggregation, raw: Any, query: Any) -> dict[str, Any]:
        if raw is not None:
            found = self._shaped(agg, raw, query)
        else:
            found = _SPECIAL[type(agg)](self, agg, query)
        return found if agg.meta is None else {"meta": agg.meta, **found}

    # What Tantivy does itself.

    def _native(self, agg: tree.Aggregation, query: Any) -> dict[str, Any] | None:
        """Return the request to Tantivy; None if the aggregation is not for it."""
        match agg:
            case tree.TermsAgg():
                return self._native_terms(agg, query)
            case tree.HistogramAgg() | tree.DateHistogramAgg():
                return self._native_histogram(agg, query)
            case tree.MetricAgg():
                return metrics.native(self._execution, agg)
            case tree.CardinalityAgg():
                return metrics.native_cardinality(self._execution, agg)
        return None

    def _below(self, agg: tree.Aggregation, query: Any) -> dict[str, Any]:
        below: dict[str, Any] = {}
        for number, (_, inner) in enumerate(agg.aggs):
            request = self._native(inner, query)
            if request is not None:
                below[str(number)] = self._by_number(inner, request, every=False)
        return {"aggs": below} if below else {}

    def _by_number(
        self, agg: tree.Aggregation, request: dict[str, Any], *, every: bool
    ) -> dict[str, Any]:
        """Let Tantivy count numbers instead of texts, where our order does not need the texts.

        Args:
            every: (nearly) all buckets are to come, unless they may be many; so none has to be
                asked for again because it ties with the last one that is wanted.
        """
        if not isinstance(agg, tree.TermsAgg) or not _by_count(agg) or agg.min_doc_count < 1:
            return request
        known = self._execution.compiler.field(agg.field)
        chosen = (agg.include, agg.exclude, agg.missing) != (None, None, None)
        if known is None or chosen or known[0].type != "keyword":
            return request
        ordinals = self._execution.ordinals
        if not ordinals.usable(known[1]):
            return request
        terms = {**request["terms"], "field": number_field(known[1])}
        if every:
            count = ordinals.count(known[1])
            if count > _FEW_TEXTS:
                return request
            terms["size"] = max(_LEAST_ASKED, _TIMES_ASKED * agg.size)
            if count <= _VERY_FEW_TEXTS and not agg.aggs:
                terms["field"] = known[1]
        return {**request, "terms": terms}

    def _named(self, inner: str, found: list[Any]) -> list[Any]:
        """Put texts in the place of numbers."""
        texts = self._execution.ordinals.texts(inner, max(map(_key, found)))
        for each in found:
            each["key"] = texts[each["key"]]
        return found

    def _native_terms(self, agg: tree.TermsAgg, query: Any) -> dict[str, Any] | None:
        known = self._keyed_field(agg.field, agg.path)
        if known is None:
            return None
        field_, inner = known
        terms: dict[str, Any] = {"field": inner, "segment_size": EVERY}
        if agg.order[0].by == "_key":
            terms |= {"size": agg.size, "order": {"_key": agg.order[0].order}}
        elif _by_count(agg):
            # Some more, as far as they tie with the last one, or show that none does.
            terms |= {"size": _asked(agg), "order": {"_count": "desc"}}
        else:
            terms |= {"size": EVERY}
        if agg.min_doc_count != 1:
            terms["min_doc_count"] = agg.min_doc_count
        if agg.missing is not None:
            terms["missing"] = missing_value(self._execution, field_, agg.missing, agg.path)
        for name in ("include", "exclude"):
            if (wanted := getattr(agg, name)) is not None:
                terms |= self._native_choice(field_, terms, name, wanted, agg)
        return {"terms": terms, **self._below(agg, query)}

    def _native_choice(
        self, field_: Field, terms: dict[str, Any], name: str, wanted: Any, agg: tree.TermsAgg
    ) -> dict[str, Any]:
        if not field_.is_keyword:
            if isinstance(wanted, str):
                raise BadQuery(
                    f"{agg.field!r} holds no text; give the values as a list", f"{agg.path}.{name}"
                )
            return {"size": EVERY}  # Chosen among all, below.
        if isinstance(wanted, tuple):
            return {name: [as_text(value) for value in wanted]}
        return {name: parse_regexp(wanted, path=f"{agg.path}.{name}").text}

    def _native_histogram(
        self, agg: tree.HistogramAgg | tree.DateHistogramAgg, query: Any
    ) -> dict[str, Any] | None:
        known = self._execution.compiler.field(agg.field)
        if known is None:
            return None
        metrics.check_number(known[0], _KINDS[type(agg)], agg.path)
        interval = interval_of(agg)
        if agg.missing is not None:
            raise BadQuery("'missing' is not supported here; use a 'missing' aggregation", agg.path)
        if interval.fixed:
            body: dict[str, Any] = {
                "field": known[1],
                "interval": interval.step,
                "offset": interval.offset,
                "min_doc_count": 1,
            }
            return {"histogram": body, **self._below(agg, query)}
        edges = self._edges(interval, known[1], query)
        if not edges:
            return None
        ranges = [{"from": float(first), "to": float(last)} for first, last in pairwise(edges)]
        return {"range": {"field": known[1], "ranges": ranges}, **self._below(agg, query)}

    def _edges(self, interval: Interval, inner: str, query: Any) -> list[int]:
        found = self._execution.aggregate(plain(query), {"x": {"stats": {"field": inner}}})["x"]
        if found["min"] is None:
            return []
        return interval.edges(int(found["min"]), int(found["max"]), self._execution.limits)

    def _keyed_field(self, name: str, path: str) -> tuple[Field, str] | None:
        if name == "_id":
            return Field("_id", "keyword", ("id",)), "_id"
        known = self._execution.compiler.field(name)
        if known is not None and known[0].type == "text":
            raise BadQuery(
                f"{name!r} is text that is split in words; aggregate on a keyword field",
                path,
                "illegal_argument_exception",
            )
        return known

    # Tantivy's answers in Elasticsearch's shape.

    def _shaped(self, agg: tree.Aggregation, raw: Any, query: Any) -> dict[str, Any]:
        match agg:
            case tree.TermsAgg():
                return self._terms(agg, raw, query)
            case tree.HistogramAgg() | tree.DateHistogramAgg():
                return self._histogram(agg, raw, query)
            case tree.MetricAgg():
                return metrics.shaped(self._execution, agg, raw)
        assert isinstance(agg, tree.CardinalityAgg)  # noqa: S101 - nothing else is native.
        return metrics.cardinality(self._execution, agg, raw, query)

    def _terms(self, agg: tree.TermsAgg, raw: Any, query: Any) -> dict[str, Any]:
        known = self._keyed_field(agg.field, agg.path)
        assert known is not None  # noqa: S101 - it was asked for.
        field_, inner = known
        found = raw["buckets"]
        others = raw["sum_other_doc_count"]
        beyond = 0
        if _by_count(agg) and len(found) > agg.size:
            found, beyond = _in_reach(agg, found)
        if found and field_.is_keyword and not isinstance(found[0]["key"], str):
            found = self._named(inner, found)
        if _by_count(agg):
            found, dropped = self._cut_by_count(agg, found, others, query, complete=beyond > 0)
            others += beyond + dropped
        if _is_plain(agg, field_):
            return self._plain_terms(agg, found, others)
        if _is_nested_plainly(agg, field_, found):
            return self._nested_terms(agg, inner, found, others, query)
        buckets = [self._term_bucket(agg, field_, inner, each, query) for each in found]
        if not field_.is_keyword and (agg.include is not None or agg.exclude is not None):
            buckets = self._chosen(agg, field_, buckets)
        if agg.min_doc_count == 0:
            buckets += self._empty_buckets(agg, field_, inner, buckets, query)
        if agg.order[0].by != "_key" or agg.min_doc_count == 0 or agg.size < len(buckets):
            buckets = self._ordered(agg, buckets)
            others += sum(bucket.body["doc_count"] for bucket in buckets[agg.size :])
            buckets = buckets[: agg.size]
        return _terms_answer(self._completed(agg, buckets), others)

    def _empty_buckets(
        self, agg: tree.TermsAgg, field_: Field, inner: str, filled: list[Bucket], query: Any
    ) -> list[Bucket]:
        """Return a bucket for each value of the index that no matching record has."""
        terms: dict[str, Any] = {"field": inner, "size": EVERY, "segment_size": EVERY}
        if agg.missing is not None:
            terms["missing"] = missing_value(self._execution, field_, agg.missing, agg.path)
        for name in ("include", "exclude"):
            if (wanted := getattr(agg, name)) is not None:
                terms |= self._native_choice(field_, terms, name, wanted, agg)
        every = tantivy.Query.all_query()
        found = self._execution.aggregate(every, {"x": {"terms": terms}})["x"]["buckets"]
        there = {bucket.key for bucket in filled}
        buckets = [
            self._term_bucket(agg, field_, inner, {**each, "doc_count": 0}, query) for each in found
        ]
        if not field_.is_keyword:
            buckets = self._chosen(agg, field_, buckets)
        return [bucket for bucket in buckets if bucket.key not in there]

    def _plain_terms(self, agg: tree.TermsAgg, found: list[Any], others: int) -> dict[str, Any]:
        """Return texts and counts, which Tantivy tells as Elasticsearch does."""
        if _by_count(agg):
            _sort_by_count(found)
        self._execution.add_buckets(len(found))
        return _terms_answer(found, others)

    def _nested_terms(
        self, agg: tree.TermsAgg, inner: str, found: list[Any], others: int, query: Any
    ) -> dict[str, Any]:
        """As `_plain_terms`, with what Tantivy tells of each bucket below it."""
        if _by_count(agg):
            _sort_by_count(found)
        narrow = partial(self._with_term, inner, query)
        below = [
            (str(number), self._name(name, each), self._shaper(each, narrow))
            for number, (name, each) in enumerate(agg.aggs)
        ]
        buckets = []
        for bucket in found:
            key = bucket["key"]
            body = {"key": key, "doc_count": bucket["doc_count"]}
            for number, name, shaped in below:
                body[name] = shaped(bucket[number], key)
            buckets.append(body)
        self._execution.add_buckets(len(buckets))
        return _terms_answer(buckets, others)

    def _shaper(
        self, agg: tree.Aggregation, narrow: Callable[[str], Any]
    ) -> Callable[[Any, str], dict[str, Any]]:
        """Return what makes an answer out of Tantivy's and its bucket's key, for very many.

        Terms that are all there in few steps; everything else as it is done for one.
        """

        def answered(raw: Any, key: str) -> dict[str, Any]:
            return self._answer(agg, raw, _Lazy(partial(narrow, key)))

        known = self._execution.compiler.field(getattr(agg, "field", ""))
        if (
            not isinstance(agg, tree.TermsAgg)
            or known is None
            or not (_by_count(agg) and _is_plain(agg, known[0]) and agg.meta is None)
        ):
            return answered
        inner = known[1]
        size, add_buckets = agg.size, self._execution.add_buckets
        numbered = self._execution.ordinals.usable(inner)
        texts = self._execution.ordinals.texts(inner, -1) if numbered else []

        def shaped(raw: Any, key: str) -> dict[str, Any]:
            found = raw["buckets"]
            if not found or len(found) > size:
                return answered(raw, key)
            if type(found[0]["key"]) is not str:
                try:
                    names = [texts[each["key"]] for each in found]
                except IndexError:  # It is of a record that came after the texts were read.
                    return answered(raw, key)
                for each, name in zip(found, names, strict=True):
                    each["key"] = name
            _sort_by_count(found)
            add_buckets(len(found))
            return _terms_answer(found, raw["sum_other_doc_count"])

        return shaped

    def _with_term(self, inner: str, query: Any, key: str) -> Any:
        return self._execution.narrowed(plain(query), self._execution.compiler.term(inner, key))

    def _cut_by_count(
        self, agg: tree.TermsAgg, found: list[Any], others: int, query: Any, *, complete: bool
    ) -> tuple[list[Any], int]:
        """Cut to size; of those that tie at the cut, the lowest keys stay.

        Args:
            others: how many records those buckets hold that Tantivy left out.
            complete: whether none of these ties with the last one that is wanted.

        Returns:
            The buckets, and how many records the dropped ones hold beyond Tantivy's own count.
        """
        if len(found) <= agg.size:
            return found, 0
        least = found[agg.size - 1]["doc_count"]
        dropped = sum(each["doc_count"] for each in found[agg.size :])
        if complete or not others:
            _sort_by_count(found)
            return found[: agg.size], dropped
        sure = [each for each in found if each["doc_count"] > least]
        request = self._native_terms(agg, query)
        assert request is not None  # noqa: S101 - it was made before.
        request["terms"] |= {
            "size": agg.size,
            "order": {"_key": "asc"},
            "min_doc_count": max(least, 1),
        }
        by_key = self._execution.aggregate(plain(query), {"x": request})["x"]["buckets"]
        tied = [each for each in by_key if each["doc_count"] == least]
        return sure + tied[: agg.size - len(sure)], dropped

    def _term_bucket(
        self, agg: tree.TermsAgg, field_: Field, inner: str, raw: dict[str, Any], query: Any
    ) -> Bucket:
        key = raw["key"]
        body: dict[str, Any] = {"key": key}
        if field_.type == "date":
            key = body["key"] = int(key)
            body["key_as_string"] = format_date(key, agg.format)
        elif field_.type == "boolean":
            key = body["key"] = int(key)
            body["key_as_string"] = "true" if key else "false"
        body["doc_count"] = raw["doc_count"]

        def narrowed() -> Any:
            chosen = self._execution.compiler.term(inner, key)
            if agg.missing is not None and key == missing_value(
                self._execution, field_, agg.missing, agg.path
            ):
                absent = without(self._execution.compiler.exists(inner))
                chosen = any_of([chosen, absent])
            return self._execution.narrowed(plain(query), chosen)

        return Bucket(key, body, raw, narrowed)

    def _chosen(self, agg: tree.TermsAgg, field_: Field, buckets: list[Bucket]) -> list[Bucket]:
        def values(wanted: Any) -> set[Any] | None:
            if wanted is None:
                return None
            if field_.type == "date":
                now = self._execution.compiler.now_ms
                return {parse_date(v, agg.path, now_ms=now) for v in wanted}
            return {query_number(field_, value, agg.path) for value in wanted}

        include, exclude = values(agg.include), values(agg.exclude)
        return [
            bucket
            for bucket in buckets
            if (include is None or bucket.key in include)
            and (exclude is None or bucket.key not in exclude)
        ]

    def _histogram(
        self, agg: tree.HistogramAgg | tree.DateHistogramAgg, raw: Any, query: Any
    ) -> dict[str, Any]:
        known = self._execution.compiler.field(agg.field)
        assert known is not None  # noqa: S101 - it was asked for.
        interval = interval_of(agg)
        rows = self._rows(agg, interval, raw)
        rows = interval.completed(rows, agg, self._execution)
        buckets = []
        for start, end, each in rows:
            body: dict[str, Any] = {"key": start}
            if isinstance(agg, tree.DateHistogramAgg):
                body = {"key_as_string": format_date(start, agg.format, agg.time_zone), **body}
            elif known[0].type == "date":
                body = {"key_as_string": format_date(start), **body}
            body["doc_count"] = each["doc_count"]
            narrow = self._narrow_between(known, start, end, query)
            # Between filled ones stand buckets that were never collected: with nothing below.
            buckets.append(Bucket(start, body, each if each["doc_count"] else {}, narrow))
        buckets = [b for b in buckets if b.body["doc_count"] >= agg.min_doc_count]
        if agg.order[0].by != "_key" or agg.order[0].order == "desc":
            buckets = self._ordered(agg, buckets)
        done = self._completed(agg, buckets)
        if not agg.keyed:
            return {"buckets": done}
        return {"buckets": {b.get("key_as_string") or double_text(b["key"]): b for b in done}}

    def _rows(
        self, agg: tree.HistogramAgg | tree.DateHistogramAgg, interval: Interval, raw: Any
    ) -> list[tuple[Any, Any, dict[str, Any]]]:
        """Return ``(start, end, raw bucket)`` of what is not empty, in order."""
        whole = isinstance(agg, tree.DateHistogramAgg)
        rows = []
        for each in raw["buckets"]:
            if not each["doc_count"]:
                continue
            start = each.get("key") if interval.fixed else each.get("from")
            if not isinstance(start, (int, float)):
                continue
            start = int(start) if whole else float(start)
            end = start + interval.step if interval.fixed else each["to"]
            rows.append((start, int(end) if whole else end, each))
        return sorted(rows, key=lambda row: row[0])

    def _narrow_between(
        self, known: tuple[Field, str], start: Any, end: Any, query: Any
    ) -> Callable[[], Any]:
        def narrowed() -> Any:
            compiler = self._execution.compiler
            if known[0].type in ("double", "float"):
                kind, bounds = tantivy.FieldType.Float, (True, False)
                chosen = compiler.numbers(known[1], kind, float(start), float(end), bounds)
            else:
                kind = tantivy.FieldType.Integer
                low, high = -int(-start // 1), -int(-end // 1) - 1
                if low > high:
                    return tantivy.Query.empty_query()
                chosen = compiler.numbers(known[1], kind, low, high, (True, True))
            return self._execution.narrowed(plain(query), chosen)

        return narrowed

    # What is common to buckets.

    def _ordered(self, agg: Any, buckets: list[Bucket]) -> list[Bucket]:
        """Sort buckets by the orders of the aggregation; the last one is by key."""
        for order in reversed(agg.order):
            if order.by == "_key":
                buckets.sort(key=lambda bucket: bucket.key, reverse=order.order == "desc")
                continue
            values = [(self._order_value(agg, bucket, order.by), bucket) for bucket in buckets]
            known = [(value, bucket) for value, bucket in values if value is not None]
            unknown = [bucket for value, bucket in values if value is None]
            sign = -1 if order.order == "desc" else 1
            known.sort(key=lambda pair: sign * pair[0])
            buckets = [bucket for _, bucket in known] + unknown
        return buckets

    def _order_value(self, agg: tree.Aggregation, bucket: Bucket, by: str) -> Any:
        if by == "_count":
            return bucket.body["doc_count"]
        resolved = resolve_order(agg, by)
        assert resolved is not None  # noqa: S101 - the parser checked it.
        (first, *names), member = resolved
        found = self._one_below(agg, bucket, first)
        below = dict(agg.aggs)[first]
        for name in names:
            below = dict(below.aggs)[name]
            found = found[self._name(name, below)]
        if member in found:
            return found[member]
        values = found.get("values", {})
        for percent, value in values.items() if isinstance(values, dict) else ():
            if float(percent) == float(member):
                return value
        return None

    def _one_below(self, agg: tree.Aggregation, bucket: Bucket, name: str) -> dict[str, Any]:
        """Return what is below a bucket under one name; asks for it once."""
        if name not in bucket.below:
            for number, (other, inner) in enumerate(agg.aggs):
                if other == name:
                    bucket.below[name] = self._below_bucket(inner, number, bucket)
        found: dict[str, Any] = bucket.below[name]
        return found

    def _below_bucket(self, inner: tree.Aggregation, number: int, bucket: Bucket) -> dict[str, Any]:
        raw = bucket.raw.get(str(number))
        query = _Lazy(bucket.query)
        if raw is None and not bucket.body["doc_count"]:
            return self._answer_empty(inner)
        if raw is not None:
            return self._answer(inner, raw, query)
        return next(iter(self.evaluate((("x", inner),), query()).values()))

    def _answer_empty(self, inner: tree.Aggregation) -> dict[str, Any]:
        return next(iter(self.evaluate((("x", inner),), tantivy.Query.empty_query()).values()))

    def _completed(self, agg: tree.Aggregation, buckets: list[Bucket]) -> list[dict[str, Any]]:
        self._execution.add_buckets(len(buckets))
        return [self._bucket_body(agg, bucket) for bucket in buckets]

    def _bucket_body(self, agg: tree.Aggregation, bucket: Bucket) -> dict[str, Any]:
        body = bucket.body
        for name, inner in agg.aggs:
            body[self._name(name, inner)] = self._one_below(agg, bucket, name)
        return body

    # What Tantivy cannot do.

    def _single(self, agg: tree.Aggregation, query: Any) -> dict[str, Any]:
        """Return one bucket: how many, and what is below."""
        self._execution.add_buckets(1)
        below = self.evaluate(agg.aggs, query, counted=True)
        return {"doc_count": self._execution.count(query), **below}

    def _filter(self, agg: tree.FilterAgg, query: Any) -> dict[str, Any]:
        chosen = self._execution.compiler.query(agg.filter)
        return self._single(agg, self._execution.narrowed(plain(query), chosen))

    def _filters(self, agg: tree.FiltersAgg, query: Any) -> dict[str, Any]:
        query = plain(query)
        compiled = [(n, self._execution.compiler.query(each)) for n, each in agg.filters]
        found = [
            (name, self._single(agg, self._execution.narrowed(query, each)))
            for name, each in compiled
        ]
        if agg.other_bucket_key is not None:
            other = without(any_of(each for _, each in compiled)) if compiled else query
            narrowed = self._execution.narrowed(query, other)
            found.append((agg.other_bucket_key, self._single(agg, narrowed)))
        return {"buckets": dict(found) if agg.keyed else [body for _, body in found]}

    def _global(self, agg: tree.GlobalAgg, query: Any) -> dict[str, Any]:
        return self._single(agg, tantivy.Query.all_query())

    def _missing(self, agg: tree.MissingAgg, query: Any) -> dict[str, Any]:
        exists = self._execution.compiler.query(tree.Exists(field=agg.field))
        return self._single(agg, self._execution.narrowed(plain(query), without(exists)))

    def _range(self, agg: tree.RangeAgg, query: Any) -> dict[str, Any]:
        known = self._execution.compiler.field(agg.field)
        if known is not None:
            metrics.check_number(known[0], "range", agg.path)
        rows = []
        for each in agg.ranges:
            key = each.key or f"{_bound(each.from_)}-{_bound(each.to)}"
            body = {
                name: float(value)
                for name, value in (("from", each.from_), ("to", each.to))
                if value is not None
            }
            chosen = tree.Range(field=agg.field, gte=each.from_, lt=each.to, path=agg.path)
            rows.append((_low(each.from_), _high(each.to), key, body, chosen))
        return self._range_buckets(agg, rows, query)

    def _date_range(self, agg: tree.DateRangeAgg, query: Any) -> dict[str, Any]:
        rows = []
        for each in agg.ranges:
            chosen = tree.Range(
                field=agg.field,
                gte=each.from_,
                lt=each.to,
                format=agg.format,
                time_zone=agg.time_zone,
                path=agg.path,
            )
            first, last = date_bounds(chosen, self._execution.compiler.now_ms)
            end = None if last is None else last + 1
            body: dict[str, Any] = {}
            texts = []
            for name, moment in (("from", first), ("to", end)):
                texts.append("*")
                if moment is not None:
                    texts[-1] = format_date(moment, agg.format, agg.time_zone)
                    body |= {name: float(moment), f"{name}_as_string": texts[-1]}
            rows.append((_low(first), _high(end), each.key or "-".join(texts), body, chosen))
        return self._range_buckets(agg, rows, query)

    def _range_buckets(
        self, agg: tree.RangeAgg | tree.DateRangeAgg, rows: list[Any], query: Any
    ) -> dict[str, Any]:
        if agg.missing is not None:
            raise BadQuery("'missing' is not supported here; use a 'missing' aggregation", agg.path)
        buckets = []
        for _, _, key, body, chosen in sorted(rows, key=lambda row: row[:2]):
            compiled = self._execution.compiler.query(chosen)
            found = self._single(agg, self._execution.narrowed(plain(query), compiled))
            buckets.append({"key": key, **body, **found})
        if not agg.keyed:
            return {"buckets": buckets}
        return {"buckets": {bucket.pop("key"): bucket for bucket in buckets}}

    def _top_hits(self, agg: tree.TopHitsAgg, query: Any) -> dict[str, Any]:
        return {"hits": inner_hits(self._execution, plain(query), agg.hits, self._index_name)}

    def _percentiles(self, agg: tree.PercentilesAgg, query: Any) -> dict[str, Any]:
        return metrics.percentiles(self._execution, agg, plain(query))

    def _empty_metric(self, agg: tree.MetricAgg, query: Any) -> dict[str, Any]:
        return metrics.empty(agg)

    def _empty_terms(self, agg: tree.TermsAgg, query: Any) -> dict[str, Any]:
        return _terms_answer([], 0)

    def _empty_histogram(
        self, agg: tree.HistogramAgg | tree.DateHistogramAgg, query: Any
    ) -> dict[str, Any]:
        if self._execution.compiler.field(agg.field) is None:
            return {"buckets": {} if agg.keyed else []}
        return self._histogram(agg, {"buckets": []}, plain(query))

    def _empty_cardinality(self, agg: tree.CardinalityAgg, query: Any) -> dict[str, Any]:
        return {"value": 0}

    def _composite(self, agg: tree.CompositeAgg, query: Any) -> dict[str, Any]:
        from kinto_buildhub.search.embedded.composite import composite_rows

        rows, narrow = composite_rows(self._execution, agg, plain(query))
        buckets = [
            Bucket(sort_key, {"key": key, "doc_count": count}, {}, narrow(key))
            for sort_key, key, count in rows
        ]
        found: dict[str, Any] = {"buckets": self._completed(agg, buckets)}
        if buckets:
            found = {"after_key": buckets[-1].body["key"], **found}
        return found


class _Lazy:
    """A query that is made when somebody needs it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __call__(self) -> Any:
        return self._make()


def plain(query: Any) -> Any:
    """Return the query itself, made now if it was not."""
    return query() if isinstance(query, _Lazy) else query


def _asked(agg: tree.TermsAgg) -> int:
    """Return how many buckets are asked for, to know which of those that tie are in."""
    return agg.size + max(50, agg.size // 2)


_MOST_FIRST = tree.TermsAgg(field="").order


_key = itemgetter("key")
_count = itemgetter("doc_count")


def _sort_by_count(found: list[Any]) -> None:
    """Sort buckets by how many they hold, most first, then by key."""
    if len(found) > 1:
        found.sort(key=_key)
        found.sort(key=_count, reverse=True)


def _in_reach(agg: tree.TermsAgg, found: list[Any]) -> tuple[list[Any], int]:
    """Return the buckets that may be among those wanted, and how many records the others hold.

    Args:
        found: more than are wanted, most first.
    """
    least = found[agg.size - 1]["doc_count"]
    end = bisect_right(found, -least, lo=agg.size, key=lambda bucket: -bucket["doc_count"])
    return found[:end], sum(map(_count, found[end:]))


def _by_count(agg: tree.TermsAgg) -> bool:
    return agg.order == _MOST_FIRST and (agg.include is None or not isinstance(agg.include, tuple))


def _is_plain(agg: tree.TermsAgg, field_: Field) -> bool:
    """Tell whether nothing has to be done to Tantivy's buckets but to put them in order."""
    in_order = _by_count(agg) or agg.order[0].by == "_key"
    return in_order and field_.is_keyword and not agg.aggs and agg.min_doc_count > 0


def _is_nested_plainly(agg: tree.TermsAgg, field_: Field, found: list[Any]) -> bool:
    """As `_is_plain`, with everything below the buckets told by Tantivy."""
    if agg.missing is not None or not _is_plain(replace(agg, aggs=()), field_):
        return False
    return all(str(number) in bucket for bucket in found[:1] for number in range(len(agg.aggs)))


def _terms_answer(buckets: list[Any], others: int) -> dict[str, Any]:
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": others,
        "buckets": buckets,
    }


def _bound(value: Any) -> str:
    return "*" if value is None else double_text(value)


def _low(value: Any) -> float:
    return float("-inf") if value is None else float(value)


def _high(value: Any) -> float:
    return float("inf") if value is None else float(value)


def missing_value(execution: Execution, field_: Field, value: Any, path: str) -> Any:
    """Return what stands in for a missing value, as the index holds such values."""
    if field_.is_keyword:
        return as_text(value)
    if field_.type == "date":
        return parse_date(value, f"{path}.missing", now_ms=execution.compiler.now_ms)
    return query_number(field_, value, f"{path}.missing")


_SPECIAL: dict[type[tree.Aggregation], Callable[..., dict[str, Any]]] = {
    tree.CardinalityAgg: Aggregator._empty_cardinality,
    tree.CompositeAgg: Aggregator._composite,
    tree.DateHistogramAgg: Aggregator._empty_histogram,
    tree.DateRangeAgg: Aggregator._date_range,
    tree.FilterAgg: Aggregator._filter,
    tree.FiltersAgg: Aggregator._filters,
    tree.GlobalAgg: Aggregator._global,
    tree.HistogramAgg: Aggregator._empty_histogram,
    tree.MetricAgg: Aggregator._empty_metric,
    tree.MissingAgg: Aggregator._missing,
    tree.PercentilesAgg: Aggregator._percentiles,
    tree.RangeAgg: Aggregator._range,
    tree.TermsAgg: Aggregator._empty_terms,
    tree.TopHitsAgg: Aggregator._top_hits,
}
