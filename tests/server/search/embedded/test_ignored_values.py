"""What hits tell about values that are not indexed."""

from typing import Any

import pytest
from kinto_buildhub.search.embedded.ignored_values import ignored_parts
from kinto_buildhub.search.language.tree import FetchField
from kinto_buildhub.search.mapping import Mapping

MAPPING = Mapping(
    {
        "properties": {
            "n": {"type": "long", "ignore_malformed": True},
            "other": {"type": "long"},
            "k": {
                "type": "keyword",
                "ignore_above": 5,
                "fields": {"short": {"type": "keyword", "ignore_above": 2}},
            },
        }
    }
)


@pytest.mark.parametrize(
    ("record", "wanted", "parts"),
    [
        pytest.param({"n": 1, "k": "ab", "other": "x"}, "*", {}, id="none"),
        pytest.param({"n": None, "k": []}, "*", {}, id="no-values"),
        pytest.param({"n": "x", "k": "abc"}, None, {"_ignored": ["k.short", "n"]}, id="sub-field"),
        pytest.param(
            {"n": [1, "x", "y"], "k": "abcdef"},
            "n",
            {"_ignored": ["k", "k.short", "n"], "ignored_field_values": {"n": ["x", "y"]}},
            id="values-of-wanted-fields",
        ),
    ],
)
def test_ignored_parts(record: dict[str, Any], wanted: str | None, parts: dict[str, Any]) -> None:
    fetched = () if wanted is None else (FetchField(field=wanted),)
    assert ignored_parts(record, MAPPING, fetched) == parts


def test_a_mapping_that_asks_for_the_list_needs_another_index() -> None:
    plain = {"properties": {"n": {"type": "long"}}}
    listing = {"properties": {"n": {"type": "long", "ignore_malformed": True}}}
    assert Mapping(plain).fingerprint != Mapping(listing).fingerprint
