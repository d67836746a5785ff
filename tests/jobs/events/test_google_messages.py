"""Notifications of Google Cloud Storage: every form that Pub/Sub delivers them in."""

import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from buildhub.events.messages.message import ParsedMessage
from buildhub.events.messages.parse import parse_document, parse_message
from hypothesis import given
from hypothesis import strategies as st

PATH = "pub/firefox/releases/61.0.2/win64/it/Firefox Setup+61%20.exe"
ATTRIBUTES = {
    "notificationConfig": "projects/_/buckets/b/notificationConfigs/1",
    "eventType": "OBJECT_FINALIZE",
    "eventTime": "2026-08-08T09:31:07.123456Z",
    "payloadFormat": "JSON_API_V1",
    "bucketId": "b",
    "objectId": PATH,
    "objectGeneration": "1",
}
OBJECT = {
    "kind": "storage#object",
    "name": PATH,
    "bucket": "b",
    "size": "39483912",
    "timeCreated": "2026-08-08T09:31:05.412Z",
    "updated": "2026-08-08T09:31:06.412Z",
    "md5Hash": "XUFAKrxLKna5cZ2REBfFkg==",
    "customTime": "2027-08-08T09:31:05Z",
}


def pushed(attributes: object, data: object, /, **changes: Any) -> dict[str, Any]:
    """Return the body of a push."""
    text = b64encode(json.dumps(data).encode()).decode()
    message = {"attributes": attributes, "data": text, "messageId": "7"}
    return {"message": message | changes, "subscription": "projects/p/subscriptions/s"}


FORMS = {
    "pulled": lambda: parse_message(json.dumps(OBJECT), ATTRIBUTES),
    "pushed": lambda: parse_document(pushed(ATTRIBUTES, OBJECT)),
    "pushed-without-attributes": lambda: parse_document(pushed({}, OBJECT)),
    "pushed-without-wrapper": lambda: parse_document(OBJECT),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_same_file_is_read_from_every_form(form: Any) -> None:
    message: ParsedMessage = form()
    [entry] = message.entries
    assert (entry.path, entry.size) == (PATH, 39_483_912)
    assert entry.modified == datetime(2026, 8, 8, 9, 31, 5, tzinfo=UTC)
    assert entry.md5 == "5d41402abc4b2a76b9719d911017c592"
    assert entry.expires == datetime(2027, 8, 8, 9, 31, 5, tzinfo=UTC)
    assert (message.faults, message.skipped) == ([], {})


def test_without_data_the_attributes_say_all_but_the_size() -> None:
    [entry] = parse_message("", ATTRIBUTES).entries
    assert (entry.path, entry.size) == (PATH, None)
    assert entry.modified == datetime(2026, 8, 8, 9, 31, 7, tzinfo=UTC)
    assert parse_document(pushed(ATTRIBUTES, None, data="")).entries == [entry]


@pytest.mark.parametrize("event", ["OBJECT_METADATA_UPDATE", "OBJECT_SOMETHING"])
def test_other_events_are_counted(event: str) -> None:
    message = parse_message("", ATTRIBUTES | {"eventType": event})
    assert (message.entries, message.skipped) == ([], {"event-of-another-kind": 1})


@pytest.mark.parametrize("event", ["OBJECT_DELETE", "OBJECT_ARCHIVE"])
def test_a_deleted_file_is_named_unless_another_one_took_its_place(event: str) -> None:
    deleted = ATTRIBUTES | {"eventType": event}
    assert parse_message("", deleted).removed == [PATH]
    replaced = parse_message("", deleted | {"overwrittenByGeneration": "2"})
    assert (replaced.removed, replaced.skipped) == ([], {"event-of-another-kind": 1})


NAMED = [
    pytest.param(pushed(ATTRIBUTES, None, data="%"), "data: expected data in Base64", id="base64"),
    pytest.param(pushed(ATTRIBUTES, None, data=7), "expected data in Base64, got 7", id="number"),
    pytest.param(pushed({}, "text"), "expected an object with Records, got 'text'", id="text"),
    pytest.param(pushed(ATTRIBUTES, 7), "data: expected an object, got 7", id="no-object"),
    pytest.param(pushed(ATTRIBUTES, {"size": "much"}), "size: size 'much'", id="size"),
    pytest.param(
        pushed(ATTRIBUTES | {"eventTime": "soon"}, {}), "eventTime: .*'soon'", id="event-time"
    ),
    pytest.param(
        pushed(ATTRIBUTES, {"timeCreated": "then"}), "timeCreated: .*'then'", id="time-created"
    ),
    pytest.param(pushed(ATTRIBUTES | {"objectId": 7}, {}), "objectId: expected", id="object-id"),
    pytest.param(OBJECT | {"md5Hash": "YWJj"}, "md5Hash: md5Hash 'YWJj'", id="md5"),
    pytest.param(OBJECT | {"md5Hash": 7}, "md5Hash: ", id="md5-number"),
    pytest.param(OBJECT | {"customTime": "late"}, "customTime: .*'late'", id="custom-time"),
    pytest.param(OBJECT | {"name": ""}, "name: expected an object's key", id="name"),
]


@pytest.mark.parametrize(("document", "named"), NAMED)
def test_what_cannot_be_understood_is_named(document: Any, named: str) -> None:
    message = parse_document(document)
    assert message.entries == []
    [fault] = message.faults
    assert re.search(named, fault)


@given(st.text(), st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), st.text()))
def test_nothing_at_all_breaks_the_reader(text: str, changes: dict[str, str]) -> None:
    message = parse_message(text, ATTRIBUTES | changes)
    assert message.faults or message.entries or message.removed or message.skipped
