"""A mapping's options are honoured, or refused when the mapping is written."""

from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.mapping import BadMapping, Mapping
from kinto_buildhub.search.mapping_options import check_mapping

from tests.conftest import PUBLISHER_HEADERS


def field(**options: Any) -> dict[str, Any]:
    return {"properties": {"a": {"properties": {"b": options}}}}


def keyword(**options: Any) -> dict[str, Any]:
    return field(type="keyword", **options)


def text(**options: Any) -> dict[str, Any]:
    return field(type="text", **options)


def number(**options: Any) -> dict[str, Any]:
    return field(type="long", **options)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        pytest.param(
            field(type="date", format="yyyy"),
            "a.b.format: expected 'strict_date_optional_time||epoch_millis' or",
            id="date-format",
        ),
        pytest.param(keyword(normalizer="lowercase"), "a.b: option 'normalizer'", id="normalizer"),
        pytest.param(keyword(null_value="x"), "a.b: option 'null_value'", id="null-value"),
        pytest.param(keyword(copy_to="c"), "a.b: option 'copy_to'", id="copy-to"),
        pytest.param(keyword(analyzer="standard"), "a.b: option 'analyzer'", id="no-analyzer"),
        pytest.param(text(analyzer="english"), "a.b.analyzer: expected 'standard'", id="analyzer"),
        pytest.param(text(search_analyzer="x"), "a.b.search_analyzer", id="search-analyzer"),
        pytest.param(text(fielddata=True), "a.b.fielddata: expected False", id="fielddata"),
        pytest.param(text(similarity="boolean"), "a.b.similarity", id="similarity"),
        pytest.param(
            keyword(split_queries_on_whitespace=True),
            "a.b.split_queries_on_whitespace: expected False, got True",
            id="split-queries",
        ),
        pytest.param(keyword(ignore_above=0), "a.b.ignore_above: expected a whole", id="above"),
        pytest.param(keyword(index=False), "a.b.index: expected True", id="index"),
        pytest.param(keyword(store=True), "a.b.store: expected False", id="store"),
        pytest.param(number(coerce=False), "a.b.coerce: expected True", id="coerce"),
        pytest.param(
            number(ignore_malformed=False), "a.b.ignore_malformed: expected True", id="malformed"
        ),
        pytest.param(number(scaling_factor=10), "a.b: option 'scaling_factor'", id="unknown"),
        pytest.param(
            keyword(fields={"c": {"type": "keyword", "normalizer": "x"}}),
            "a.b.c: option 'normalizer'",
            id="sub-field",
        ),
        pytest.param(
            keyword(fields={"c": {"type": "text", "fields": {}}}), "a.b.c: a sub-field", id="deeper"
        ),
        pytest.param(
            {"properties": {"a": {"type": "nested", "properties": {}}}},
            "a.type: expected 'object', got 'nested'",
            id="nested",
        ),
        pytest.param(
            {"properties": {"a": {"enabled": False, "properties": {}}}}, "a.enabled", id="disabled"
        ),
        pytest.param(
            {"dynamic": True, "properties": {}}, "dynamic: expected False or", id="dynamic"
        ),
        pytest.param(
            {"dynamic_templates": [], "properties": {}}, "option 'dynamic_templates'", id="root"
        ),
        pytest.param(field(type="string"), "a.b: type 'string' is not supported", id="type"),
        pytest.param([], "expected {", id="no-object"),
    ],
)
def test_an_option_without_effect_is_refused(mapping: Any, message: str) -> None:
    with pytest.raises(BadMapping) as caught:
        check_mapping(mapping)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "mapping",
    [
        pytest.param(search_mapping(), id="the-catalogue"),
        pytest.param(keyword(ignore_above=256, index=True, doc_values=True), id="keyword"),
        pytest.param(text(analyzer="standard", fields={"raw": {"type": "keyword"}}), id="text"),
        pytest.param(
            field(type="date", format="strict_date_optional_time||epoch_millis"), id="date"
        ),
        pytest.param({"dynamic": False, "properties": {"a": {"type": "object"}}}, id="object"),
        pytest.param({"properties": {"a": {"type": "object", "enabled": False}}}, id="opaque"),
    ],
)
def test_an_option_that_is_honoured_is_taken(mapping: Any) -> None:
    check_mapping(mapping)


def test_another_ignore_above_needs_another_index() -> None:
    mappings = [Mapping(keyword()), Mapping(keyword(ignore_above=5)), Mapping(keyword())]
    assert mappings[0].fingerprint != mappings[1].fingerprint
    assert mappings[0].fingerprint == mappings[2].fingerprint


def test_the_server_refuses_such_a_mapping_when_it_is_written(search_app, empty_path):
    path = empty_path.replace("/releases", "/mapped")
    bad = {"data": {"index:schema": keyword(normalizer="lowercase")}}
    answer = search_app.put_json(path, bad, headers=PUBLISHER_HEADERS, status=400).json
    assert "index:schema.a.b: option 'normalizer' is not supported" in answer["message"]
    search_app.get(path, headers=PUBLISHER_HEADERS, status=404)
    good = {"data": {"index:schema": keyword()}}
    search_app.put_json(path, good, headers=PUBLISHER_HEADERS)
    search_app.patch_json(path, bad, headers=PUBLISHER_HEADERS, status=400)
    kept = search_app.get(path, headers=PUBLISHER_HEADERS).json["data"]["index:schema"]
    assert kept == keyword()
