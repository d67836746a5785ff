"""What aggregations take of memory, estimated before Tantivy is asked: it cannot be interrupted."""

from collections.abc import Mapping
from typing import Any

from kinto_buildhub.search.embedded.queries.costs import Costs

# While Tantivy counts; measured on 24,473 records.
_BUCKET_BYTES = 60
_METRIC_BYTES = 600
# Of a bucket and of a metric that Tantivy returns, as text and as objects.
_RETURNED_BUCKET_BYTES = 1500
_RETURNED_METRIC_BYTES = 600
# A sketch grows with the number of values that it counts.
_SKETCH_BYTES = 2500

_WITH_BUCKETS = ("terms", "histogram", "range")
_SKETCHES = ("cardinality", "percentiles")


def estimate_bytes(
    requests: Mapping[str, Any], costs: Costs, max_buckets: int, match_count: int
) -> int:
    """Return about how much memory a request to Tantivy takes, in bytes.

    Args:
        requests: aggregations in Tantivy's JSON.
        costs: of the search; know the numbers of terms.
        max_buckets: of a histogram.
        match_count: the number of records that are counted, at most.
    """
    return _Estimate(costs, max_buckets, match_count).of(requests, 1, 1)


class _Estimate:
    def __init__(self, costs: Costs, max_buckets: int, match_count: int) -> None:
        self._costs, self._max_buckets = costs, max_buckets
        self._match_count = max(match_count, 1)

    def of(self, requests: Mapping[str, Any], parents: int, returned: int) -> int:
        """Return the bytes of aggregations in *parents* buckets, some of which are returned."""
        return sum(self._of_one(each, parents, returned) for each in requests.values())

    def _of_one(self, request: Mapping[str, Any], parents: int, returned: int) -> int:
        kind, body = next((kind, body) for kind, body in request.items() if kind != "aggs")
        if kind not in _WITH_BUCKETS:
            held = _SKETCH_BYTES if kind in _SKETCHES else _METRIC_BYTES
            return parents * held + returned * _RETURNED_METRIC_BYTES
        count = self._bucket_count(kind, body)
        # Records are in one bucket each, or in few; empty buckets of ranges are returned, too.
        most = parents * count if kind == "range" else self._match_count
        buckets = min(parents * count, most)
        shown = min(returned * min(count, int(body.get("size", count))), buckets)
        below = self.of(request.get("aggs", {}), buckets, shown)
        return buckets * _BUCKET_BYTES + shown * _RETURNED_BUCKET_BYTES + below

    def _bucket_count(self, kind: str, body: Mapping[str, Any]) -> int:
        if kind == "range":
            return len(body["ranges"]) + 2
        if kind == "histogram":
            return self._max_buckets
        return self._costs.count_terms(str(body["field"]).removesuffix("_ordinal"))
