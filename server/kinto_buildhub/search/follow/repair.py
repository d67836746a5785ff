"""``POST …/collections/{id}/_repair``: index some records again, or all of them.

Whoever compares the index with the store over HTTP, as ``buildhub audit`` does, says here what is
to be put right. The process that writes the index does it when it comes to it; nobody waits.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId

MOST_IDS = 1000

# With its surroundings it has to fit into one of the doorbell's messages.
_BYTES_PER_MESSAGE = 6000

_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")


def read_ids(body: Any) -> list[str] | None:
    """Return which records the request is about; None is all of them.

    Args:
        body: ``{"ids": ["firefox_53-0_win64_fr", …]}`` or ``{"ids": null}``.

    Raises:
        BadQuery: it is neither.
    """
    if not isinstance(body, dict) or body.keys() != {"ids"}:
        raise BadQuery('expected {"ids": […]}, or null in the place of the list', "")
    ids = body["ids"]
    if ids is None:
        return None
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise BadQuery(f"expected a list of at most {MOST_IDS} record IDs, or null", "ids")
    for each in ids:
        if not isinstance(each, str) or not _ID.fullmatch(each):
            raise BadQuery(f"{each!r} is no record ID", "ids")
    return ids


def in_messages(ids: Sequence[str]) -> Iterator[list[str]]:
    """Cut *ids* into lists that fit into a message each."""
    some: list[str] = []
    length = 0
    for each in ids:
        if some and length + len(each) > _BYTES_PER_MESSAGE:
            yield some
            some, length = [], 0
        some.append(each)
        length += len(each) + 4
    if some:
        yield some


def index_again(engine: Engine, store: Store, index: IndexId, ids: Sequence[str]) -> None:
    """Bring what the store has of these records into the index.

    The index keeps its position: what it has followed stays followed.

    Raises:
        IndexMissing, Unavailable.
    """
    position = engine.position(index) or 0
    changes = []
    for record_id in ids:
        record = store.record(index, record_id)
        # Nothing in the index is younger than its position, so nothing stands against a deletion.
        timestamp = position if record is None else int(record["last_modified"])
        changes.append(Change(record_id, timestamp, record))
    engine.apply(index, changes, position)
    engine.refresh(index)
