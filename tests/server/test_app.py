"""The server as a whole."""

import pytest

from tests.conftest import PUBLISHER_HEADERS, make_record


def test_a_record_that_was_put_can_be_read(app, collection_path):
    record = make_record()
    app.put_json(
        f"{collection_path}/records/{record['id']}", {"data": record}, headers=PUBLISHER_HEADERS
    )
    answer = app.get(f"{collection_path}/records/{record['id']}").json["data"]
    assert {name: answer[name] for name in record} == record


def test_a_record_that_breaks_the_schema_is_refused(app, collection_path):
    record = make_record(target__os="beos")
    answer = app.put_json(
        f"{collection_path}/records/{record['id']}",
        {"data": record},
        headers=PUBLISHER_HEADERS,
        status=400,
    )
    assert "'beos' is not one of" in answer.json["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_method_in_a_header_means_nothing(app, collection_path, method):
    # So the lane of a request follows from its own method.
    record = f"{collection_path}/records/one"
    app.put_json(record, {"data": make_record(id="one")}, headers=PUBLISHER_HEADERS)
    override = PUBLISHER_HEADERS | {"X-HTTP-Method-Override": "DELETE"}
    app.request(record, method=method, headers=override, expect_errors=True)
    assert app.get(record).json["data"]["id"] == "one"
