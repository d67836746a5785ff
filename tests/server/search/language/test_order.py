"""Orders of buckets by what is below them: names that contain what parts a path."""

import tracemalloc

import pytest
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.order import resolve_order

STATS = tree.MetricAgg(kind="stats", field="download.size")
MAX = tree.MetricAgg(kind="max", field="download.size")
PERCENTILES = tree.PercentilesAgg(field="download.size")
BELOW = tree.MissingAgg(field="build.id", aggs=(("c", MAX),))


def resolve(by: str, *names: tuple[str, tree.Aggregation]) -> tuple[tuple[str, ...], str] | None:
    return resolve_order(tree.GlobalAgg(aggs=names), by)


@pytest.mark.parametrize(
    ("by", "names", "expected"),
    [
        ("a", [("a", MAX)], (("a",), "value")),
        ("a.value", [("a", MAX)], (("a",), "value")),
        ("a.max", [("a", STATS)], (("a",), "max")),
        ("a[max]", [("a", STATS)], (("a",), "max")),
        ("a.99.0", [("a", PERCENTILES)], (("a",), "99.0")),
        ("a[99]", [("a", PERCENTILES)], (("a",), "99")),
        ("a.b.max", [("a.b", STATS), ("a", MAX)], (("a.b",), "max")),
        ("a.max", [("a.max", MAX), ("a", STATS)], (("a.max",), "value")),
        ("a[b[max]", [("a[b", STATS)], (("a[b",), "max")),
        ("b>c", [("b", BELOW)], (("b", "c"), "value")),
        ("a", [("a", STATS)], None),
        ("a[]", [("a", MAX)], None),
        ("a[", [("a", MAX)], None),
        ("ab", [("a", MAX)], None),
        ("b>d", [("b", BELOW)], None),
    ],
)
def test_a_path_leads_to_a_value(
    by: str, names: list[tuple[str, tree.Aggregation]], expected: object
) -> None:
    assert resolve(by, *names) == expected


@pytest.mark.parametrize("part", [".", "[", "x.", "a."])
def test_a_long_path_takes_no_memory(part: str) -> None:
    path = "a." + part * 5000
    tracemalloc.start()
    assert resolve(path, ("a", STATS)) is None
    assert tracemalloc.get_traced_memory()[1] < 20 * len(path)
    tracemalloc.stop()
