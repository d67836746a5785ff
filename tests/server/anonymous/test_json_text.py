"""JSON as PostgreSQL writes it becomes what Kinto writes."""

import json
from types import SimpleNamespace

import pytest
from kinto_buildhub.anonymous.json_text import JsonRecords, compact


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ('{"a": 1, "b": [true, null, -12]}', '{"a":1,"b":[true,null,-12]}'),
        ("{}", "{}"),
        ('{"a b": "c, d: e"}', '{"a b":"c, d: e"}'),
        ('{": ": ": ", ", ": ", "}', '{": ":": ",", ":", "}'),
        ('{"a": {"b": {}}}', '{"a":{"b":{}}}'),
        ('{"version": "1.50"}', '{"version":"1.50"}'),
        ('{"long": 123456789012345678901234567890}', '{"long":123456789012345678901234567890}'),
    ],
)
def test_blanks_go_where_they_mean_nothing(stored, written):
    assert compact(stored) == written


@pytest.mark.parametrize("stored", ['{"a": "\\""}', '{"a": "é"}', '{"é": 1}', '{"a": 1.50}'])
def test_what_the_two_write_differently_is_left_to_kinto(stored):
    assert compact(stored) is None


@pytest.mark.parametrize("data", ["{}", '{"a": 1}', '{"a": 1.50}'])
@pytest.mark.parametrize("record_id", ["one", 'a"b', "é"])
def test_records_end_with_their_id_and_timestamp(data, record_id):
    texts = JsonRecords([SimpleNamespace(id=record_id, last_modified=5, data=data)] * 2)
    expected = json.loads(data) | {"id": record_id, "last_modified": 5}
    assert json.loads(texts.as_json()) == list(texts) == [expected] * 2
    assert texts.as_json().isascii()
    assert texts[:1][0] == texts[-1] == expected
