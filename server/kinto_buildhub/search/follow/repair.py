"""``POST …/collections/{id}/_repair``: index some records again, or all of them.

Clients that compare the index with the store, as ``buildhub audit`` does, repair differences with
it. The process that writes the indexes does the work later; the response does not wait for it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kinto_buildhub.search.engine import BEGINNING, Change, Engine
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.json_values import shown

MOST_IDS = 1000

# IDs that fit into one wakeup, with the rest of the message.
_ID_BYTES_PER_MESSAGE = 6000

_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")


def parse_repair(body: Any) -> list[str] | None:
    """Return the IDs of the records to index again; None means all records.

    Args:
        body: ``{"ids": ["firefox_53-0_win64_fr", …]}`` or ``{"ids": null}``.

    Raises:
        BadQuery: *body* is neither.
    """
    if not isinstance(body, dict) or body.keys() != {"ids"}:
        raise BadQuery('expected {"ids": […]} or {"ids": null}', "")
    ids = body["ids"]
    if ids is None:
        return None
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise BadQuery(
            f"expected null or a list of at most {MOST_IDS} record IDs, got {_described(ids)}",
            "ids",
        )
    for each in ids:
        if not isinstance(each, str) or not _ID.fullmatch(each):
            raise BadQuery(f"expected record IDs, got {each!r}", "ids")
    return ids


def split_ids(ids: Sequence[str]) -> Iterator[list[str]]:
    """Split *ids* into lists that fit into one wakeup each."""
    some: list[str] = []
    length = 0
    for each in ids:
        if some and length + len(each) > _ID_BYTES_PER_MESSAGE:
            yield some
            some, length = [], 0
        some.append(each)
        length += len(each) + 4
    if some:
        yield some


def reindex_records(engine: Engine, store: Store, index: IndexId, ids: Sequence[str]) -> None:
    """Index these records again as the store has them; the index keeps its position.

    Raises:
        IndexMissing, Unavailable.
    """
    position = engine.position(index)
    if position is None:
        position = BEGINNING
    changes = []
    for record_id in ids:
        record = store.record(index, record_id)
        # Nothing in the index is newer than its position, so a deletion with it takes effect.
        timestamp = position if record is None else int(record["last_modified"])
        changes.append(Change(record_id, timestamp, record))
    engine.apply(index, changes, position)
    engine.refresh(index)


def _described(ids: Any) -> str:
    return f"a list of {len(ids)}" if isinstance(ids, list) else shown(ids)
