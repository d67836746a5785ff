"""The parser of event streams: however the bytes are cut, and wherever they break off."""

from itertools import pairwise

import orjson
import pytest
from buildhub.client.errors import BrokenAnswer
from buildhub.watch import event_stream
from buildhub.watch.event_stream import EventStreamParser, ServerEvent
from hypothesis import given
from hypothesis import strategies as st

CASES = {
    "an event": ("event: change\ndata: {}\n\n", [("change", "{}")], ""),
    "without a name": ("data: x\n\n", [("message", "x")], ""),
    "several lines of data": ("data: a\ndata:  b\ndata\n\n", [("message", "a\n b\n")], ""),
    "other line ends": ("event: e\r\ndata: a\rdata: b\r\n\r\n", [("e", "a\nb")], ""),
    "a comment": (": data: x\n:\n\ndata: y\n\n", [("message", "y")], ""),
    "an id alone": ("id: 5\n\n", [], "5"),
    "an id stays": ("id: 5\ndata: x\n\ndata: y\n\n", [("message", "x"), ("message", "y")], "5"),
    "what breaks off did not come": ("id: 5\ndata: x\n\nid: 6\ndata: y\n", [("message", "x")], "5"),
    "unknown fields": ("colour: red\ndata: x\n\n", [("message", "x")], ""),
    "retry": ("retry: 250\n\n", [], ""),
}


@pytest.mark.parametrize("name", CASES)
def test_events_are_read_as_the_standard_says(name: str) -> None:
    text, events, last_id = CASES[name]
    parser = EventStreamParser()
    assert parser.feed(text.encode()) == [ServerEvent(*each) for each in events]
    assert parser.last_id == last_id
    assert parser.retry_seconds == (0.25 if name == "retry" else None)


VALUES = st.text() | st.sampled_from(["\n", "\r", "\r\n", "\u2028", "\n\ndata: x"])
EVENTS = st.lists(st.tuples(st.integers(0, 10**13), VALUES), max_size=6)


@given(EVENTS, st.lists(st.integers(0, 400)), st.integers(0, 2000), st.sampled_from(["\n", "\r\n"]))
def test_any_cut_gives_the_same_and_a_break_leaves_whole_events(
    events: list[tuple[int, str]], cuts: list[int], end: int, newline: str
) -> None:
    blocks = [
        newline.join((f"id: {number}", "event: change", f"data: {_json(value)}", "", ""))
        for number, value in events
    ]
    whole = "".join(blocks).encode()
    sent = whole[:end]
    parser, found = EventStreamParser(), []
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    for start, stop in pairwise(places):
        found += parser.feed(sent[start:stop])
    assert [orjson.loads(each.data) for each in found] == [v for _, v in events[: len(found)]]
    # The position is that of the last event which has come, so the next one is asked for again.
    assert parser.last_id == (str(events[len(found) - 1][0]) if found else "")
    if len(sent) == len(whole):
        assert len(found) == len(events)


def _json(value: str) -> str:
    return orjson.dumps(value).decode()


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_LONGEST_LINE_BYTES", 1000)
    parser = EventStreamParser()
    parser.feed(b"data: " + b"x" * 900)
    with pytest.raises(BrokenAnswer, match="1000 bytes"):
        parser.feed(b"x" * 900)
