"""The bulk endpoint in process: requests and answers."""

import json

from tests.conftest import PUBLISHER_HEADERS, make_record

NDJSON = PUBLISHER_HEADERS | {"Content-Type": "application/x-ndjson"}


def post(app, collection_path, lines, headers=NDJSON, **kwargs):
    body = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    return app.post(f"{collection_path}/bulk", body, headers=headers, **kwargs)


def answers(response):
    return [json.loads(line) for line in response.body.splitlines()]


def test_records_are_created_updated_and_left_alone(app, collection_path):
    first, second = make_record(id="first"), make_record(id="second")
    created = answers(post(app, collection_path, [first, second]))
    changed = make_record(id="second", build__number=2)
    repeated = answers(post(app, collection_path, [first, changed]))
    assert [line.get("status") for line in created] == ["created", "created", None]
    assert [line.get("status") for line in repeated] == ["unchanged", "updated", None]
    assert repeated[0]["last_modified"] == created[0]["last_modified"]
    assert repeated[1]["last_modified"] > created[1]["last_modified"] > created[0]["last_modified"]
    assert repeated[2] == {
        "summary": {"created": 0, "updated": 1, "unchanged": 1, "invalid": 0, "forbidden": 0}
    }
    stored = app.get(f"{collection_path}/records/second").json["data"]
    assert stored["build"]["number"] == 2
    assert stored["last_modified"] == repeated[1]["last_modified"]


def test_an_invalid_line_costs_no_other(app, collection_path):
    lines = [
        make_record(id="good"),
        b"{not json",
        b'"text"',
        {"no": "id"},
        make_record(id="bad id"),
        make_record(id="beos", target__os="beos"),
        make_record(id="zero", target__locale="\x00"),
        b'{"id": "latin", "a": "\xe9"}',
        b"[" * 1000 + b"]" * 1000,
        b'{"id": "large", "source": "' + b"x" * 2_000_000 + b'"}',
        make_record(id="last"),
    ]
    *found, summary = answers(post(app, collection_path, lines))
    assert [line["status"] for line in found] == ["created", *["invalid"] * 9, "created"]
    assert summary["summary"]["invalid"] == 9
