"""The list of shipped versions, as product-details has it."""

import json
from typing import Any

import orjson
import pytest
import requests
from buildhub.audit.shipped import FILES, ShippedVersion, parse_shipped
from buildhub.errors import BadData

KEYS = [
    pytest.param("firefox-58.0.1", ("firefox", "58.0.1"), id="release"),
    pytest.param("firefox-128.8.0esr", ("firefox", "128.8.0esr"), id="esr-in-the-key-alone"),
    pytest.param("firefox-1.0rc1", ("firefox", "1.0rc1"), id="release-candidate"),
    pytest.param("firefox-3.6.3plugin1", ("firefox", "3.6.3plugin1"), id="plugin"),
    pytest.param("devedition-54.0b11", ("devedition", "54.0b11"), id="devedition"),
    pytest.param("fennec-68.11.0", ("fennec", "68.11.0"), id="fennec"),
    pytest.param("firefox-android-119.0", None, id="another-product"),
    pytest.param("fenix-108.1.1", None, id="fenix"),
]


@pytest.mark.parametrize(("key", "expected"), KEYS)
def test_product_and_version_are_read_from_the_key(
    key: str, expected: tuple[str, str] | None
) -> None:
    release = {"version": "58.0.1", "date": "2018-01-29", "product": "firefox"}
    body = json.dumps({"releases": {key: release}}).encode()
    found = parse_shipped(body, name="firefox.json")
    assert found == ([ShippedVersion(*expected, "2018-01-29")] if expected else [])


BAD = [
    pytest.param(b"<!DOCTYPE html>", "expected JSON, got b'<!DOCTYPE html>'", id="html"),
    pytest.param(b"{}", "KeyError('releases')", id="no-releases"),
    pytest.param(b"[]", "expected releases", id="a-list"),
    pytest.param(b'{"releases": {"firefox-1.0": {}}}', "KeyError('date')", id="no-date"),
    pytest.param(b'{"releases": {"firefox-1.0": 1}}', "expected releases", id="a-number"),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_what_is_no_list_is_named(body: bytes, message: str) -> None:
    with pytest.raises(BadData) as raised:
        parse_shipped(body, name="firefox.json")
    assert "firefox.json: " in str(raised.value)
    assert message in str(raised.value)


def test_the_sample_tells_the_versions_that_it_has(sample_archive: str) -> None:
    found: list[Any] = []
    for name in FILES:
        answer = requests.get(f"{sample_archive}/1.0/{name}", timeout=10)
        assert answer.headers["Content-Type"] == "application/json"
        found += parse_shipped(answer.content, name=name)
    assert ShippedVersion("firefox", "56.0b12", "2017-09-15") in found
    assert ("firefox", "60.2.0esr") in {each[:2] for each in found}
    products = {each.product for each in found}
    assert products == {"firefox", "devedition", "thunderbird", "fennec", "fenix"}


def test_a_product_has_other_names_in_lists_and_versions_from_before_the_archive_had_it() -> None:
    days = {
        "fenix-95.1.0": "2021-12-07",
        "fenix-96.1.0": "2022-01-04",
        "firefox-android-119.0": "2023-10-24",
        "firefox-ios-119.0": "2023-10-24",
    }
    body = orjson.dumps({"releases": {key: {"date": day} for key, day in days.items()}})
    assert parse_shipped(body, name="mobile_android.json") == [
        ShippedVersion("fenix", "96.1.0", "2022-01-04"),
        ShippedVersion("fenix", "119.0", "2023-10-24"),
    ]
