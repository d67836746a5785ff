"""The framing of events: what a browser reads is what was written, whatever is in it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.changes.event_stream import (
    KEEP_ALIVE,
    render_changes,
    render_end,
    render_start,
)
from kinto_buildhub.search.engine import Change

from tests.server.changes.streams import EventParser

TEXTS = st.text() | st.sampled_from(["\n", "\r\n", "\r", "\n\ndata: x", "id: 7\n", "\u2028", "\0"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
RECORDS = st.dictionaries(TEXTS, VALUES, max_size=5)


@st.composite
def changes(draw: Any) -> list[Change]:
    timestamps = sorted(draw(st.sets(st.integers(1, 10**14 - 1), max_size=6)))
    return [
        Change(f"r{timestamp}", timestamp, draw(st.none() | RECORDS)) for timestamp in timestamps
    ]


@given(changes(), st.integers(0, 10**13))
def test_each_change_comes_out_as_it_went_in(some: list[Change], position: int) -> None:
    sent = render_start(position) + KEEP_ALIVE + render_changes(some) + KEEP_ALIVE
    parser = EventParser()
    events = list(parser.parse(sent.decode()))
    assert [(int(each.id), each.name, each.json) for each in events] == [
        (each.timestamp, "change", each.record)
        if each.record is not None
        else (
            each.timestamp,
            "delete",
            {"id": each.record_id, "last_modified": each.timestamp, "deleted": True},
        )
        for each in some
    ]
    assert parser.last_id == str(some[-1].timestamp if some else position)


@given(TEXTS)
def test_the_end_says_why_and_keeps_the_position(reason: str) -> None:
    parser = EventParser()
    (event,) = parser.parse((render_start(5) + render_end(reason)).decode())
    assert (event.id, event.name, event.json) == ("5", "end", {"message": reason})
