"""Bodies that are no JSON."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.request_hooks.bodies.json_bodies import read_json

from tests.conftest import PUBLISHER_HEADERS

JSON = PUBLISHER_HEADERS | {"Content-Type": "application/json"}

BROKEN = [
    pytest.param(b'{"data":\n {"a" 1}}', "(line 2, column 7): Missing a colon", id="no-colon"),
    pytest.param('{"data": {"ä€😀" 1}}'.encode(), "(line 1, column 17)", id="characters-not-bytes"),
    pytest.param(b"nope", "(line 1, column 2): Invalid value", id="no-json"),
    pytest.param(b'{"data":\n\n{', "(line 3, column 2)", id="breaks-off"),
    pytest.param(b'{"data":\r\n 1e999}', "(line 2, column 2): Number too big", id="beyond-floats"),
    pytest.param(b'{\n"a": "\xff"}', "byte 0xff (line 2, column 7) is not", id="no-utf-8"),
]

PLACES = [
    ("PUT", "{collection}"),
    ("PATCH", "{collection}"),
    ("POST", "{collection}/records"),
    ("PUT", "{collection}/records/r"),
    ("PATCH", "{collection}/records/r"),
    ("POST", "/v1/buckets"),
    ("POST", "/v1/batch"),
]


@pytest.mark.parametrize(("body", "shown"), BROKEN)
@pytest.mark.parametrize(("method", "path"), PLACES)
def test_what_is_no_json_is_located(app, collection_path, method, path, body, shown):
    url = path.format(collection=collection_path)
    app.put_json(f"{collection_path}/records/r", {"data": {}}, headers=JSON, status="*")
    answer = app.request(url, method=method, body=body, headers=JSON, status=400)
    assert answer.json["message"].startswith("Invalid JSON: ")
    assert shown in answer.json["message"]


def test_a_json_patch_that_is_no_json_is_located(app, collection_path):
    headers = JSON | {"Content-Type": "application/json-patch+json"}
    answer = app.request(
        collection_path, method="PATCH", body=b"[\n{]", headers=headers, status=400
    )
    assert "(line 2, column 2)" in answer.json["message"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES, st.booleans())
def test_what_is_json_is_read(value, is_ascii):
    text = json.dumps(value, ensure_ascii=is_ascii)
    if not is_ascii and any("\ud800" <= each <= "\udfff" for each in text):
        return
    if is_ascii and "\\ud" in text:
        return  # A surrogate alone is refused.
    assert read_json(text.encode(), "utf-8") == value


@given(st.binary(), st.sampled_from(["utf-8", "latin-1", "utf-16", "ascii", "utf-7"]))
def test_whatever_is_refused_is_located(body, charset):
    message = ""
    try:
        read_json(body, charset)
    except ValueError as exc:
        message = str(exc)
    assert not message or re.search(r"\(line \d+, column \d+\)", message)
