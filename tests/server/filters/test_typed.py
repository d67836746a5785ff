"""What a query string becomes before Kinto reads it."""

import pytest
from buildhub_schema import json_schema
from hypothesis import given
from hypothesis import strategies as st
from kinto.core.utils import native_value
from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.typed import iter_members, typed_query

SCHEMA = json_schema()
ODD_SCHEMA = {
    "type": "object",
    "definitions": {"text": {"type": "string"}},
    "properties": {
        "tags": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "maybe": {"type": ["string", "null"]},
        "elsewhere": {"$ref": "#/definitions/text"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "anything": True,
        "ratio": {"type": "number"},
        "deep": {"properties": {"er": {"properties": {"still": {"type": "string"}}}}},
        "last_modified": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        pytest.param(("build.id", "20110110192031"), '"20110110192031"', id="digits-are-text"),
        pytest.param(("target.version", "53.0"), '"53.0"', id="plain"),
        pytest.param(("target.version", '"53.0"'), '"53.0"', id="quoted-is-the-same"),
        pytest.param(("target.version", ' "53.0" '), '"53.0"', id="quoted-between-blanks"),
        pytest.param(("target.version", "56.10"), '"56.10"', id="trailing-zero-stays"),
        pytest.param(("build.id", "0007"), '"0007"', id="leading-zeros-stay"),
        pytest.param(("target.version", "1e5"), '"1e5"', id="exponent-is-text"),
        pytest.param(("target.version", "null"), '"null"', id="null-is-text"),
        pytest.param(("target.version", "true"), '"true"', id="true-is-text"),
        pytest.param(("target.version", "[1]"), '"[1]"', id="list-is-text"),
        pytest.param(("target.version", ""), '""', id="empty"),
        pytest.param(("target.version", " 53.0"), '" 53.0"', id="blanks-stay"),
        pytest.param(("target.version", '"53'), '"\\"53"', id="half-quoted-is-as-written"),
        pytest.param(("target.version", '"\\x"'), '"\\"\\\\x\\""', id="bad-escape-is-as-written"),
        pytest.param(("target.version", "a\0b"), '"a\\u0000b"', id="NUL-is-kinto's-to-refuse"),
        pytest.param(("target.locale", "日本"), '"\\u65E5\\u672C"', id="unicode"),
        pytest.param(("not_target.version", "53.0"), '"53.0"', id="not"),
        pytest.param(("eq_target.version", "53.0"), '"53.0"', id="eq"),
        pytest.param(("min_build.id", "2017"), '"2017"', id="min"),
        pytest.param(("max_build.id", "2017"), '"2017"', id="max"),
        pytest.param(("gt_build.id", "2017"), '"2017"', id="gt"),
        pytest.param(("lt_build.id", "2017"), '"2017"', id="lt"),
        pytest.param((" lt_build.id ", "2017"), '"2017"', id="blanks-around-the-name"),
        pytest.param(("like_target.version", "53"), '"53"', id="like-digits"),
        pytest.param(("like_target.version", "*.0"), '"*.0"', id="like-wildcard"),
        pytest.param(("in_target.version", "53.0,54.0"), '"53.0","54.0"', id="in"),
        pytest.param(("in_target.version", '53.0,"54.0"'), '"53.0","54.0"', id="in-mixed"),
        pytest.param(("in_target.version", '"a,b", "c"'), '"a\\u002cb","c"', id="in-comma-inside"),
        pytest.param(("in_target.version", '"a,b'), '"\\"a","b"', id="in-half-quoted"),
        pytest.param(("in_target.version", ""), "", id="in-nothing"),
        pytest.param(("in_id", '["a","b", "c"]'), '"a","b","c"', id="in-json-list"),
        pytest.param(("in_target.version", "[56.10, 53]"), '"56.10","53"', id="in-json-numbers"),
        pytest.param(("in_target.locale", '["a,b"]'), '"a\\u002cb"', id="in-json-comma-inside"),
        pytest.param(("exclude_target.channel", '["nightly"]'), '"nightly"', id="exclude-list"),
        pytest.param(("in_download.size", '[1,"2"]'), "1,2", id="in-json-integers"),
        pytest.param(("in_target.version", "a,,b"), '"a","b"', id="in-empty-members-do-not-count"),
        pytest.param(("in_target.version", 'a,""'), '"a",""', id="in-quoted-empty-member-counts"),
        pytest.param(("exclude_build.id", "1,2"), '"1","2"', id="exclude"),
        pytest.param(("in_id", "1,2"), '"1","2"', id="record-ids-are-text"),
        pytest.param(("download.size", "5"), "5", id="integer"),
        pytest.param(("download.size", '"5"'), "5", id="integer-quoted"),
        pytest.param(("download.size", "007"), "7", id="integer-with-zeros"),
        pytest.param(("gt_download.size", "1e6"), "1e6", id="integer-exponent"),
        pytest.param(("in_download.size", '5,"6"'), "5,6", id="integers"),
    ],
)
def test_a_declared_field_compares_as_declared(pair, value):
    assert typed_query([pair], SCHEMA) == [(pair[0], value)]


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(("_limit", "10"), id="kinto's-own"),
        pytest.param(("_sort", "build.id"), id="sort"),
        pytest.param(("has_build.id", "true"), id="has"),
        pytest.param(("last_modified", "5"), id="last_modified"),
        pytest.param(("min_last_modified", '"5"'), id="last_modified-quoted"),
        pytest.param(("nothing.declared", "53.0"), id="unknown-field"),
        pytest.param(("target", "53.0"), id="group"),
        pytest.param(("target.version.more", "53.0"), id="below-a-leaf"),
        pytest.param(("contains_target.version", "53.0"), id="contains-on-text"),
        pytest.param(("like_download.size", '"5"'), id="like-on-integer"),
    ],
)
def test_all_else_stays_as_it_is(pair):
    assert typed_query([pair], SCHEMA) == [pair]


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        pytest.param(("maybe", "5"), "5", id="choice-of-types"),
        pytest.param(("elsewhere", "5"), "5", id="ref"),
        pytest.param(("either", "5"), "5", id="anyOf"),
        pytest.param(("anything", "5"), "5", id="boolean-schema"),
        pytest.param(("ratio", '"5"'), '"5"', id="number"),
        pytest.param(("deep.er.still", "5"), '"5"', id="nested"),
        pytest.param(("last_modified", "5"), "5", id="last_modified-is-kinto's"),
        pytest.param(("contains_tags", "5"), '"5"', id="contains"),
        pytest.param(("contains_any_tags", "5"), '"5"', id="contains-any"),
        pytest.param(("contains_tags", '["5"]'), '["5"]', id="contains-list"),
        pytest.param(("contains_sizes", "5"), "5", id="contains-in-integers"),
        pytest.param(("tags", '["5"]'), '["5"]', id="whole-array"),
    ],
)
def test_only_what_a_schema_says_plainly_counts(pair, value):
    assert typed_query([pair], ODD_SCHEMA) == [(pair[0], value)]


@pytest.mark.parametrize(
    "value", ["", "big", "5MB", "0x10", "null", "true", "1e999", "NaN", "5,6", "0" * 10**6 + "x"]
)
def test_what_is_no_number_for_an_integer_field_is_refused_by_name(value):
    with pytest.raises(BadFilter, match=r"min_download\.size: download\.size is an integer"):
        typed_query([("min_download.size", value)], SCHEMA)


def test_a_repeated_list_becomes_one_that_survives_in_the_next_page():
    pairs = [("in_build.id", "1"), ("_limit", "1"), ("in_build.id", "2,3")]
    assert typed_query(pairs, SCHEMA) == [("_limit", "1"), ("in_build.id", '"1","2\\u002c3"')]


@pytest.mark.parametrize("schema", [{}, {"properties": []}, {"properties": {"a": 3}}, {"type": 1}])
def test_a_schema_that_says_nothing_changes_nothing(schema):
    pairs = [("a", "1"), ("in_b.c", "1,2")]
    assert typed_query(pairs, schema) == pairs


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_kinto_reads_any_text_as_it_was_written(text):
    [(_, value)] = typed_query([("target.version", text)], SCHEMA)
    expected = native_value(text)
    assert native_value(value) == (expected if isinstance(expected, str) else text)


@given(st.sampled_from(["target.version", "in_target.version", "like_build.id"]), texts)
def test_typing_twice_is_typing_once(name, text):
    once = typed_query([(name, text)], SCHEMA)
    assert typed_query(once, SCHEMA) == once


@given(st.lists(texts, min_size=1))
def test_a_list_of_any_texts_reaches_kinto_whole(members):
    value = ",".join(typed_query([("target.version", text)], SCHEMA)[0][1] for text in members)
    [(_, rewritten)] = typed_query([("in_target.version", value)], SCHEMA)
    read = [native_value(member) for member in rewritten.split(",")]
    assert read == [native_value(member) for member in iter_members(value)]
    assert len(read) == len(members)
