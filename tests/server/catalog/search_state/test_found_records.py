"""What a text in the box finds, in the real app with the suite's records."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest
from hypothesis import HealthCheck, given, settings

from tests.server.catalog.conftest import CATALOGUE
from tests.server.catalog.search_state.test_box import TEXTS
from tests.server.search.records import make_records

Record = dict[str, Any]

_RECORDS = make_records()
_FIRST = next(record for record in _RECORDS if "build" in record)
_BUILD_ID, _REVISION = _FIRST["build"]["id"], _FIRST["source"]["revision"]
_URL, _DATE = _FIRST["download"]["url"], _FIRST["download"]["date"]


def _version(record: Record) -> str:
    return str(record["target"]["version"])


def _build_id(record: Record) -> str:
    return str(record.get("build", {}).get("id", ""))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("53.0b9", lambda record: _version(record) == "53.0b9"),
        ("53", lambda record: _version(record) in ("53.0b9", "53.0b10")),
        ("52.0", lambda record: _version(record) in ("52.0.1", "52.0esr")),
        ("52esr", lambda record: _version(record) == "52.0esr"),
        ("53.0b9 53.0b10", lambda record: _version(record) in ("53.0b9", "53.0b10")),
        ("53 -53.0b9", lambda record: _version(record) == "53.0b10"),
        ("pt", lambda record: record["target"]["locale"] == "pt-BR"),
        ("-windows -mac", lambda record: record["target"]["os"] == "linux"),
        ("64-bit", lambda record: record["target"]["platform"] in ("win64", "linux-x86_64")),
        (
            "win32 fr beta",
            lambda record: (
                record["target"]["platform"] == "win32"
                and record["target"]["locale"] == "fr"
                and record["target"]["channel"] == "beta"
            ),
        ),
        (_BUILD_ID, lambda record: _build_id(record) == _BUILD_ID),
        (_BUILD_ID[:8], lambda record: _build_id(record).startswith(_BUILD_ID[:8])),
        ("build.id:*", lambda record: bool(_build_id(record))),
        (_REVISION, lambda record: record["source"]["revision"] == _REVISION),
        (_REVISION + "0" * 28, lambda record: record["source"]["revision"] == _REVISION),
        ("2014-03", lambda record: record["download"]["date"].startswith("2014-03")),
        ("2014..2015", lambda record: "2014" <= record["download"]["date"] < "2016"),
        (
            _FIRST["download"]["date"],
            lambda record: record["download"]["date"] == _FIRST["download"]["date"],
        ),
        (_URL, lambda record: record["download"]["url"] == _URL),
        (_URL.replace(" ", "%20"), lambda record: record["download"]["url"] == _URL),
        (
            _URL.rpartition("/")[0],
            lambda record: record["download"]["url"].startswith(_URL.rpartition("/")[0] + "/"),
        ),
        ("size:>9000000", lambda record: record["download"]["size"] > 9_000_000),
        ("mozilla-beta", lambda record: record["source"]["tree"] == "releases/mozilla-beta"),
        ("record-00", lambda record: record["id"].startswith("record-00")),
        ("thunder", lambda record: record["source"]["product"] == "thunderbird"),
        ("zilla tlh", lambda record: False),
        ("firefox ...", lambda record: record["source"]["product"] == "firefox"),
    ],
)
def test_a_text_finds_the_records_that_it_is_about(
    catalogue: webtest.TestApp, text: str, matches: Callable[[Record], bool]
) -> None:
    page = catalogue.get(f"{CATALOGUE}.json", {"q": text, "size": "1000"}).json
    expected = {record["id"] for record in _RECORDS if matches(record)}
    assert {record["id"] for record in page["records"]} == expected
    assert page["total"] == len(expected)


def test_the_data_say_how_a_text_was_understood(catalogue: webtest.TestApp) -> None:
    page = catalogue.get(f"{CATALOGUE}.json", {"q": "-PT_br prodct:x"}).json
    hint = "There is no field prodct; is product meant?"
    assert page["terms"] == [
        {"text": "-PT_br", "label": "Locale", "value": "pt-BR", "excluded": True, "hint": ""},
        {"text": "prodct:x", "label": "", "value": "prodct:x", "excluded": False, "hint": hint},
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
def test_search_answers_any_text(catalogue: webtest.TestApp, text: str) -> None:
    response = catalogue.get(f"{CATALOGUE}.json", {"q": text}, status="*")
    assert response.status_code == (400 if "\0" in text else 200), response.json
