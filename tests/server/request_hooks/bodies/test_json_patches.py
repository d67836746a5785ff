"""JSON patches of whole records and whole permissions."""

import json

import pytest

from tests.conftest import PUBLISHER_HEADERS

HEADERS = {**PUBLISHER_HEADERS, "Content-Type": "application/json-patch+json"}


@pytest.fixture
def paths(app, collection_path):
    collection = f"{collection_path}-plain"
    app.put_json(collection, headers=PUBLISHER_HEADERS)
    app.put_json(f"{collection}/records/a", {"data": {"n": 1}}, headers=PUBLISHER_HEADERS)
    return [f"{collection}/records/a", collection]


def patch(app, path, *operations):
    return app.patch(path, json.dumps(operations), headers=HEADERS, status="*")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/data", "value": 1},
        {"op": "replace", "path": "/data", "value": None},
        {"op": "replace", "path": "/data", "value": []},
        {"op": "replace", "path": "/data", "value": "x"},
        {"op": "remove", "path": "/data"},
        {"op": "copy", "from": "/permissions", "path": "/data"},
        {"op": "remove", "path": "/permissions"},
        {"op": "replace", "path": "/permissions", "value": 1},
        {"op": "replace", "path": "/permissions", "value": {"read": 1}},
        {"op": "replace", "path": "/permissions", "value": {"read": [1]}},
        {"op": "add", "path": "/permissions/read", "value": 1},
        {"op": "add", "path": "/permissions/read"},
        {"op": "move", "from": "/data/n", "path": "/permissions/read"},
        {"op": "move", "from": "/data", "path": "/permissions"},
        {"op": "move", "from": "/permissions", "path": "/data/p"},
        {"op": "replace", "path": "", "value": {"data": []}},
        {"op": "add", "path": "/data/z", "value": "\0"},
        {"op": "add", "path": "/permissions/read/\0"},
    ],
    ids=json.dumps,
)
def test_a_patch_that_leaves_no_record_is_refused(app, paths, operation):
    for path in paths:
        assert patch(app, path, operation).status_int == 400
        assert app.get(path, headers=PUBLISHER_HEADERS).json["data"]["id"] in path


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ({"op": "replace", "path": "/data", "value": {"m": 2}}, {"m": 2}),
        ({"op": "add", "path": "/data/m", "value": 2}, {"n": 1, "m": 2}),
        ({"op": "move", "from": "/data/n", "path": "/data/m"}, {"m": 1}),
        ({"op": "test", "path": "/data/n", "value": 1}, {"n": 1}),
        ({"op": "add", "path": "/permissions/read/system.Everyone"}, {"n": 1}),
        ({"op": "replace", "path": "/permissions/read", "value": ["system.Everyone"]}, {"n": 1}),
    ],
    ids=json.dumps,
)
def test_other_patches_are_applied(app, paths, operation, data):
    answer = patch(app, paths[0], operation)
    assert answer.status_int == 200, answer.text
    stored = app.get(paths[0], headers=PUBLISHER_HEADERS).json["data"]
    assert {name: stored[name] for name in stored if name in ("n", "m")} == data
