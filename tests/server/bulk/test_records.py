"""Lines are read as Kinto's parser reads them, whichever parser does."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kinto.core.utils import json as kinto_json
from kinto_buildhub.bulk.records import parse_line

# Digits that the two parsers round in their own ways, and others.
numbers = st.integers(-(2**70), 2**70).map(str) | st.from_regex(
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
texts = (st.text(max_size=5) | st.just("\\u0000")).map(json.dumps)
odd = st.sampled_from(
    ["NaN", "-", "01", "1.", '"\\ud800"', '"\x01"', "[1,]", "{}{}", "tru", "", '{"a":1,"a":[2]}']
)
values = st.recursive(
    numbers | texts | st.sampled_from(["true", "false", "null"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
        | st.dictionaries(texts, inner, max_size=3).map(
            lambda each: "{" + ",".join(f"{name}:{value}" for name, value in each.items()) + "}"
        )
    ),
    max_leaves=6,
)


def read(text: str) -> Any:
    """Return what Kinto's parser makes of a record's field, or its error."""
    try:
        return kinto_json.loads(text.encode())["a"]
    except ValueError as exc:
        return f"Invalid JSON: {exc}"


@given(values | odd)
@example("422008656452013698.7101540978045745e-230")
@example("10000000000000000000000000")
@example("18446744073709551615")
@example("-0")
def test_a_line_is_read_as_kinto_reads_it(value):
    text = f'{{"id": "r", "a": {value}}}'
    line = parse_line(text.encode(), max_line_bytes=10_000, is_id=str.isalnum)
    expected = read(text)
    if line.error is None:
        # As texts: 1, 1.0 and true are the same to Python.
        assert repr(line.record["a"]) == repr(expected)
    else:
        assert line.error == expected or "0x00" in line.error


@pytest.mark.parametrize("value", ["1.5", "[{}, {}, [1e3]]", '{"b": {"c": [0.1]}}', str(2**64)])
def test_broken_numbers_are_found_wherever_they_are(monkeypatch, value):
    """Where Kinto's parser is asked it has the last word."""
    monkeypatch.setattr(kinto_json, "loads", staticmethod(lambda raw: {"id": "r", "asked": True}))
    raw = f'{{"id": "r", "a": {value}}}'.encode()
    line = parse_line(raw, max_line_bytes=10_000, is_id=str.isalnum)
    assert line.record == {"asked": True}
