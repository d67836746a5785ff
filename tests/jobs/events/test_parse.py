"""Messages about written files: every form that they come in, and whatever else may come."""

import json
import re
from datetime import UTC, datetime

import pytest
from buildhub.events.messages.parse import parse_document, parse_message
from hypothesis import given
from hypothesis import strategies as st

from tests.stand_ins.sqs import (
    FORMS,
    TEST_MESSAGE,
    direct,
    enveloped,
    event_bridge,
    queue_to_function,
    s3_record,
)

PATH = "pub/firefox/releases/61.0.2/win64/it/Firefox Setup 61.0.2.exe"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_same_files_are_read_from_every_form(form):
    events = parse_document(form(s3_record(PATH, 39_483_912), s3_record("pub/other")))
    assert [entry.path for entry in events.entries] == [PATH, "pub/other"]
    assert events.entries[0].size == 39_483_912
    assert events.entries[0].modified == datetime(2018, 8, 8, 9, 31, 5, tzinfo=UTC)
    assert (events.faults, events.skipped) == ([], {})


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_text_of_json_is_read_as_the_document(form):
    document = form(s3_record(PATH))
    assert parse_message(json.dumps(document)) == parse_document(document)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        pytest.param("pub/a/Firefox+Setup+1.0.exe", "pub/a/Firefox Setup 1.0.exe", id="plus"),
        pytest.param("pub/a/Firefox%20Setup+1.exe", "pub/a/Firefox Setup 1.exe", id="percent"),
        pytest.param("pub/a/gtk2%2Bxft.tar.gz", "pub/a/gtk2+xft.tar.gz", id="encoded-plus"),
        pytest.param("pub/a/a%252Bb", "pub/a/a%2Bb", id="decoded-once"),
        pytest.param("pub/a/Firefox Setup 1.0.exe", "pub/a/Firefox Setup 1.0.exe", id="raw-space"),
        pytest.param("pub/a/%28de%29.exe", "pub/a/(de).exe", id="parentheses"),
        pytest.param("pub/a/%C3%A9", "pub/a/é", id="utf-8"),
    ],
)
def test_keys_are_decoded_as_a_form_once(key, path):
    record = s3_record("x")
    record["s3"]["object"]["key"] = key
    assert [entry.path for entry in parse_document(direct(record)).entries] == [path]


def test_event_bridge_does_not_encode_keys():
    events = parse_document(event_bridge("pub/a+b%20c d.exe", 7))
    [entry] = events.entries
    assert (entry.path, entry.size) == ("pub/a+b%20c d.exe", 7)
    assert entry.modified == datetime(2018, 8, 8, 9, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectCreated:Post",
    ],
)
def test_a_file_may_be_written_in_several_ways(name):
    assert len(parse_document(direct(s3_record(PATH, eventName=name))).entries) == 1


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(direct(s3_record(PATH, eventName="ObjectRemoved:Delete")), id="s3"),
        pytest.param(
            direct(s3_record(PATH, eventName="s3:LifecycleExpiration:Delete")), id="lifecycle"
        ),
        pytest.param(event_bridge(PATH, **{"detail-type": "Object Deleted"}), id="event-bridge"),
    ],
)
def test_a_deleted_file_is_named(document):
    events = parse_document(document)
    assert (events.removed, events.entries, events.faults) == ([PATH], [], [])


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(TEST_MESSAGE, "test-message", id="new-subscription"),
        pytest.param(enveloped() | {"Message": json.dumps(TEST_MESSAGE)}, "test-message", id="sns"),
        pytest.param(
            direct(s3_record(PATH, eventName="ObjectRestore:Completed")),
            "event-of-another-kind",
            id="restored",
        ),
        pytest.param(
            event_bridge(PATH, **{"detail-type": "Object Tags Added"}),
            "event-of-another-kind",
            id="tagged",
        ),
        pytest.param(direct({"eventSource": "aws:ses"}), "event-without-s3", id="without-s3"),
        pytest.param(
            {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"},
            "subscription-message",
            id="subscription",
        ),
    ],
)
def test_other_messages_are_counted_and_do_no_harm(document, reason):
    events = parse_document(document)
    assert (events.entries, events.faults, events.skipped) == ([], [], {reason: 1})


@pytest.mark.parametrize(
    ("document", "named"),
    [
        pytest.param("{", "expected a message in JSON, got '{'", id="not-json"),
        pytest.param("[1]", r"expected an object with Records, got \[1\]", id="list"),
        pytest.param('{"a": 1}', "expected Records or Message, got {'a': 1}", id="other-object"),
        pytest.param('{"Records": [7]}', "expected a record that is an object, got 7", id="record"),
        pytest.param('{"Message": 7}', "expected a message in JSON, got 7", id="message"),
        pytest.param({"Records": [{"s3": {}, "eventTime": "2018-08-08T09:31:05Z"}]},
                     "s3.object.key: expected an object's key, got None", id="no-key"),
        pytest.param(direct(s3_record(PATH, eventTime="soon")), "eventTime: .*'soon'", id="time"),
        pytest.param(direct(s3_record(PATH, eventTime=7)), "eventTime: expected a moment", id="7"),
        pytest.param(direct(s3_record(PATH, size=-1)), "s3.object.size: size '-1'", id="size"),
        pytest.param(event_bridge(PATH, time="now"), "time: .*'now'", id="event-bridge-time"),
        pytest.param(event_bridge(PATH, detail=7), "detail.object.key: expected", id="detail"),
        pytest.param(direct(s3_record(PATH, size=True)), "expected a number of bytes", id="bool"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_named(document, named):
    events = parse_message(document) if isinstance(document, str) else parse_document(document)
    assert re.search(named, events.faults_text)
    assert events.entries == []


def test_a_key_that_no_store_takes_is_refused():
    longest = direct(s3_record("pub/" + "a" * 1020))
    assert len(parse_document(longest).entries) == 1
    for key in ("pub/" + "a" * 1021, "pub/" + "é" * 511, "a" * 100_000):
        (fault,) = parse_document(direct(s3_record(key))).faults
        assert "expected a key of 1024 bytes at most" in fault
        assert len(fault) < 500


@pytest.mark.parametrize("records", [None, "text", {"0": {}}, 7])
def test_records_that_are_no_list_are_named(records):
    assert "expected Records or Message" in parse_document({"Records": records}).faults_text


@pytest.mark.parametrize("name", ["eventTime", "size", "key"])
def test_the_description_of_a_fault_is_short(name):
    record = s3_record(PATH)
    (record if name == "eventTime" else record["s3"]["object"])[name] = "9" * 100_000
    (fault,) = parse_document(direct(record)).faults
    assert len(fault) < 500


def test_of_many_faults_the_first_are_named_and_all_are_counted():
    events = parse_message(json.dumps({"Records": [7] * 50_000}))
    assert events.fault_count == 50_000
    assert events.faults_text.endswith("; and 49980 more")
    assert len(events.faults_text) < 2000


def test_json_that_is_nested_without_end_is_named():
    nested = parse_message("[" * 100_000 + "]" * 100_000)
    assert nested.faults_text.startswith("expected a message in JSON")


def test_a_bad_record_does_not_cost_the_good_ones_beside_it():
    good, bad = s3_record(PATH), s3_record("pub/x", eventTime="never")
    events = parse_document(queue_to_function(direct(bad, good), {"nonsense": 1}))
    assert [entry.path for entry in events.entries] == [PATH]
    assert len(events.faults) == 2


def test_a_message_in_a_message_without_end_is_refused():
    document = enveloped(s3_record(PATH))
    for _ in range(10):
        document = {"Message": json.dumps(document)}
    assert parse_document(document).faults == [
        "expected an event, got messages 5 deep in one another"
    ]


NAMES = st.sampled_from(
    [
        *("Records", "s3", "object", "key", "size", "eventTime", "eventName", "Sns", "Message"),
        *("body", "message", "subscription", "attributes", "data", "eventType", "objectId"),
        *("detail-type", "detail", "time", "kind", "name", "timeCreated"),
    ]
) | st.text(max_size=5)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2018-08-08T09:31:05Z", "9999-12-31T23:59:59-23:59", "ObjectCreated:Put",
                       "OBJECT_FINALIZE", "storage#object", "Object Created"])
)  # fmt: skip
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=30
)
RECORDS = st.fixed_dictionaries(
    {"s3": st.fixed_dictionaries({"object": st.dictionaries(NAMES, LEAVES)}), "eventTime": LEAVES}
)


@given(ANY_JSON | RECORDS.map(lambda record: {"Records": [record]}))
def test_no_json_at_all_breaks_the_reader(document):
    events = parse_document(document)
    tells_nothing = isinstance(document, dict) and document.get("Records") == []
    assert events.faults or events.entries or events.removed or events.skipped or tells_nothing


@given(st.text())
def test_no_text_at_all_breaks_the_reader(text):
    events = parse_message(text)
    assert events.faults or events.entries or events.removed or events.skipped
