"""The examples of the document are what a real server answers, and fit its schemas."""

import os
from typing import Any

import jsonschema
import pytest
import webtest
from kinto_buildhub.api_docs.examples import recorded

from tests.server.api_docs.record import NOT_RECORDED, record_answers, write_examples

Json = dict[str, Any]


@pytest.fixture(scope="module")
def answers(world: webtest.TestApp) -> Json:
    """What the server answers to each example."""
    found = record_answers(world)
    if os.environ.get("RECORD_EXAMPLES"):
        write_examples(found)
        recorded.cache_clear()
    return found


def test_each_example_is_answered_as_its_operation_says(
    world: webtest.TestApp, answers: Json
) -> None:
    rows = {row.operation_id: row for row in world.app.registry.buildhub_api_operations}
    statuses = {name: each["status"] for name, each in answers.items() if name in rows}
    expected = {name: next(iter(rows[name].answers)) for name in statuses}
    assert {name: each for name, each in statuses.items() if expected[name] != each} == {}


def test_the_recorded_answers_are_those_of_the_server(answers: Json) -> None:
    """To record them again: ``.venv/bin/python -m tests.server.api_docs.record``."""
    found = {name: each for name, each in answers.items() if name not in NOT_RECORDED}
    assert recorded() == found


def test_each_example_fits_its_schema(world: webtest.TestApp) -> None:
    document = world.get("/v1/openapi.json").json
    wrong = [
        f"{place}: {error.message}"
        for place, schema, example in iter_examples(document)
        for error in validator(schema, document).iter_errors(example)
    ]
    assert wrong == []


def iter_examples(value: Any, place: str = "") -> Any:
    """Yield place, schema and example, wherever the document has both side by side."""
    if isinstance(value, dict):
        if "schema" in value and "example" in value:
            yield place, value["schema"], value["example"]
        for name, each in value.items():
            if name not in ("example", "examples"):
                yield from iter_examples(each, f"{place}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from iter_examples(each, f"{place}/{number}")


def validator(schema: Json, document: Json) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        {"components": document["components"], "allOf": [schema]}
    )
