"""JSON that is nested very deep."""

import json

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record

DEEP = "[" * 5000


@pytest.mark.parametrize("query", [f"build.id={DEEP}", f"other={DEEP}", f"gte=build.id,{DEEP}"])
def test_a_filter_nested_too_deep_is_refused(app, collection_path, query):
    answer = app.get(f"{collection_path}/records?{query}", status=400)
    assert "nested too deep" in answer.json["message"]


def test_a_body_nested_too_deep_is_refused(app, collection_path):
    body = json.dumps({"data": make_record()})[:-2] + f', "deep": {DEEP}{"]" * 5000}}}}}'
    app.put(
        f"{collection_path}/records/deep",
        body,
        headers={**PUBLISHER_HEADERS, "Content-Type": "application/json"},
        status=400,
    )
