"""The embedded engine sorts by several keys as Python does, in short pages and in long ones.

How a page is made depends on its size and on how many records share a value.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS, decoded

MAPPING = Mapping(
    {
        "properties": {
            "id": {"type": "keyword"},
            "last_modified": {"type": "long"},
            "text": {"type": "keyword"},
            "whole": {"type": "long"},
            "broken": {"type": "double"},
        }
    }
)
FIELDS = ("id", "last_modified", "text", "whole", "broken")

Record = dict[str, Any]
Keys = list[tuple[str, str, str]]
"""Field, order, and where records without a value come."""

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from("abc"),
        "whole": st.integers(-2, 2),
        "broken": st.sampled_from((-0.5, 0.25, 7.0)),
    },
)
CONTENTS = st.dictionaries(st.from_regex(r"[a-zB-D0-9][a-z_-]{0,2}", fullmatch=True), VALUES)
ORDERS = st.tuples(st.sampled_from(("asc", "desc")), st.sampled_from(("_first", "_last")))
KEYS = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True).flatmap(
    lambda fields: st.tuples(
        *(ORDERS.map(lambda order, name=name: (name, *order)) for name in fields)
    )
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("sorting"), "test", LIMITS)
    yield engine
    engine.close()


def sorted_by(records: list[Record], keys: Keys) -> list[Record]:
    for name, order, missing in reversed(keys):
        present = [each for each in records if name in each]
        absent = [each for each in records if name not in each]
        present.sort(key=lambda each, name=name: each[name], reverse=order == "desc")
        records = absent + present if missing == "_first" else present + absent
    return records


def shown_values(hits: list[Record], keys: Keys) -> list[tuple[Any, ...]]:
    """Return sort values as records have them: an end of all numbers stands for no value."""
    ends = (-(2**63), 2**63 - 1, "-Infinity", "Infinity")
    return [tuple(None if value in ends else value for value in hit["sort"]) for hit in hits]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    batches=st.lists(CONTENTS, min_size=1, max_size=3),
    keys=KEYS,
    size=st.sampled_from((1, 2, 5, 1000, 10_000)),
)
def test_pages_follow_each_other_in_order(
    engine: EmbeddedEngine, batches: list[dict[str, Record]], keys: Keys, size: int
) -> None:
    index = IndexId("sorting", uuid.uuid4().hex)
    engine.ensure(index, MAPPING)
    records: dict[str, Record] = {}
    for batch in batches:  # A segment each; a record that comes again replaces the older one.
        changes = []
        for record_id, values in batch.items():
            at = len(records) + len(changes) + 1
            record = {**values, "id": record_id, "last_modified": at}
            changes.append(Change(record_id, at, record))
        records |= {each.record_id: each.record or {} for each in changes}
        engine.apply(index, changes, len(records))
    # No two records have the same keys, so there is one right order.
    keys = [*keys] if "id" in [name for name, *_ in keys] else [*keys, ("id", "asc", "_last")]
    expected = sorted_by(list(records.values()), keys)
    body: Record = {
        "sort": [{name: {"order": order, "missing": missing}} for name, order, missing in keys],
        "size": size,
        "_source": size == 5,
    }
    found: list[Record] = []
    while True:
        request = parse_request(body, LIMITS)
        page = decoded(engine.search(index, MAPPING, request))["hits"]["hits"]
        found += page
        if len(page) < size:
            break
        body["search_after"] = page[-1]["sort"]
    assert [hit["_id"] for hit in found] == [each["id"] for each in expected]
    assert shown_values(found, keys) == [
        tuple(each.get(name) for name, *_ in keys) for each in expected
    ]
    engine.delete(index)
