"""What is wrong with a record: all of it, field by field, in PUT and in bulk alike."""

import json

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record

RECORD = make_record()


@pytest.mark.parametrize(
    ("record", "name", "problems"),
    [
        ({"a": 1}, "", ["Additional properties", "'source' is", "'target' is", "'download' is"]),
        (
            {key: RECORD[key] for key in ("target", "download")},
            "source",
            ["'source' is a required property"],
        ),
        (
            {**RECORD, "target": {**RECORD["target"], "os": "beos"}},
            "target.os",
            ["target.os in body: 'beos' is not one of"],
        ),
        (
            {**RECORD, "target": {}, "build": {"number": -1}},
            "build.number",
            ["less than the minimum", "target.version: ", "target.locale: ", "target.channel: "],
        ),
    ],
    ids=["nothing-right", "missing", "value", "several"],
)
def test_all_errors_are_reported_at_once(app, collection_path, record, name, problems):
    headers = PUBLISHER_HEADERS
    url = f"{collection_path}/records/r"
    record = {key: value for key, value in record.items() if key != "id"}
    answer = app.put_json(url, {"data": record}, headers=headers, status=400).json
    assert answer["details"][0]["name"] == (name or "data")
    line = json.dumps({**record, "id": "r"}) + "\n"
    headers = {**headers, "Content-Type": "application/x-ndjson"}
    result = json.loads(
        app.post(f"{collection_path}/bulk", line, headers=headers).text.split("\n")[0]
    )
    assert result["error"] == answer["message"]
    for problem in problems:
        assert problem in answer["message"]


def test_a_record_that_is_wrong_as_a_whole_is_no_error_of_the_server(app, collection_path):
    path = f"{collection_path}-small"
    app.put_json(path, {"data": {"schema": {"maxProperties": 1}}}, headers=PUBLISHER_HEADERS)
    body = {"data": {"a": 1, "b": 2}}
    answer = app.put_json(f"{path}/records/r", body, headers=PUBLISHER_HEADERS, status=400)
    assert "too many properties" in answer.json["message"]


def test_the_number_of_reported_errors_is_limited(app, collection_path):
    path = f"{collection_path}-strict"
    schema = {"additionalProperties": {"type": "string"}}
    app.put_json(path, {"data": {"schema": schema}}, headers=PUBLISHER_HEADERS)
    body = {"data": {f"f{n}": n for n in range(50)}}
    answer = app.put_json(f"{path}/records/r", body, headers=PUBLISHER_HEADERS, status=400)
    assert answer.json["message"].endswith("; and 30 more")
