"""One table of fields, and everything that is made from it."""

import copy

import jsonschema
import jsonschema_rs
import pytest
from buildhub_schema import FIELDS, Kind, collection_metadata, json_schema, search_mapping
from buildhub_schema.reference import fields_reference

EXAMPLE = {
    "target": {
        "platform": "macosx",
        "os": "mac",
        "version": "50.0b11",
        "channel": "beta",
        "locale": "el",
    },
    "build": {
        "id": "20161027110534",
        "date": "2016-10-27T11:05:34Z",
        "number": 2,
        "as": "$(CC)",
        "ld": "ldd",
        "cc": "/usr/bin/ccache gcc -std=gnu99",
        "cxx": "/usr/bin/ccache g++ -std=gnu++11",
        "host": "x86_64-pc-linux-gnu",
        "target": "x86_64-pc-linux-gnu",
    },
    "source": {
        "tree": "releases/mozilla-beta",
        "product": "firefox",
        "revision": "829a3f99f2606759305e3db204185242566a4ca6",
        "repository": "https://hg.mozilla.org/releases/mozilla-beta",
    },
    "download": {
        "mimetype": "application/x-apple-diskimage",
        "date": "2016-10-28T00:56:42Z",
        "size": 86180614,
        "url": "https://archive.mozilla.org/pub/firefox/releases/50.0b11/mac/el/"
        "Firefox 50.0b11.dmg",
    },
}


def changed(path, value):
    record = copy.deepcopy(EXAMPLE)
    *groups, leaf = path.split(".")
    place = record
    for group in groups:
        place = place[group]
    if value is None:
        place.pop(leaf, None)
    else:
        place[leaf] = value
    return record


def is_valid(record):
    """Both validators in use say the same."""
    verdict = jsonschema.Draft7Validator(json_schema()).is_valid(record)
    assert jsonschema_rs.validator_for(json_schema()).is_valid(record) == verdict
    return verdict


def test_the_documented_record_is_valid():
    assert is_valid(EXAMPLE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("target.os", "beos", id="unknown-os"),
        pytest.param("source.product", "seamonkey", id="other-product"),
        pytest.param("build.id", 20161027110534, id="build-id-as-number"),
        pytest.param("build.number", "2", id="number-as-text"),
        pytest.param("download.size", -1, id="negative-size"),
        pytest.param("download.size", 1.5, id="half-a-byte"),
        pytest.param("download.date", "28-Oct-2016 00:56", id="date-in-another-form"),
        pytest.param("download.date", "2016-10-28", id="day-without-time"),
        pytest.param("download.date", "٢٠١٦-10-28T00:56:42Z", id="digits-of-another-script"),
        pytest.param("target.flavour", "asan", id="unknown-field"),
        pytest.param("extra", {}, id="unknown-group"),
        pytest.param("download", None, id="a-required-group-is-missing"),
        *(pytest.param(f.name, None, id=f"without-{f.name}") for f in FIELDS if f.required),
    ],
)
def test_a_record_that_breaks_the_schema_is_invalid(path, value):
    assert not is_valid(changed(path, value))


@pytest.mark.parametrize("name", [field.name for field in FIELDS if not field.required])
def test_an_optional_field_may_be_missing(name):
    assert is_valid(changed(name, None))


def test_build_may_be_missing_altogether():
    assert is_valid(changed("build", None))


def test_each_field_is_mapped_for_search_by_its_kind():
    properties = search_mapping()["properties"]
    for field in FIELDS:
        group, leaf = field.name.split(".")
        assert properties[group]["properties"][leaf]["type"] == field.kind.value


def test_each_field_stands_on_the_reference_page():
    page = fields_reference()
    for field in FIELDS:
        assert f"``{field.name}``" in page
        assert field.help in page


def test_only_dates_can_be_the_moment_of_publication():
    assert [field.kind for field in FIELDS if field.published] == [Kind.DATE]


def test_the_collection_shows_and_sorts_by_fields_that_exist():
    names = {field.name for field in FIELDS}
    metadata = collection_metadata()
    assert {*metadata["displayFields"], metadata["sort"].removeprefix("-")} <= names
