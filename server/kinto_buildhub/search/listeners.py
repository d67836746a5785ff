"""Kinto's events, passed on to the follower of the indexes."""

import contextlib
import time
from typing import Any

from kinto.core.errors import raise_invalid
from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged

from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import METADATA_KEY, BadMapping
from kinto_buildhub.search.mapping_options import check_mapping
from kinto_buildhub.search.service import Search

# How long a write waits until it can be found, with ``kinto.elasticsearch.force_refresh``.
FORCE_REFRESH_SECONDS = 30.0
# The age of a timestamp, at the end of its request, that shows that its writer has given it.
PAST_SECONDS = 60.0


def on_records_changed(event: AfterResourceChanged) -> None:
    """Have the change indexed; wait until it can be found, if the settings ask for that."""
    search: Search = event.request.registry.buildhub_search
    if search.follower is None:
        return
    index = IndexId(event.payload["bucket_id"], event.payload["collection_id"])
    search.follower.changed(index)
    timestamps = {_record_id(each): _timestamp(each) for each in event.impacted_objects}
    search.follower.written_late(index, _only_past(timestamps))
    if search.settings.force_refresh:
        # A write does not fail because search does; the index follows later.
        with contextlib.suppress(SearchError):
            if index not in search.store.mappings():
                return  # Nothing of it is ever found.
            newest = max(timestamps.values(), default=0)
            search.follower.wait_for(index, newest, FORCE_REFRESH_SECONDS)
            search.engine.refresh(index)


def _only_past(timestamps: dict[str, int]) -> dict[str, int]:
    """Return those that a writer has given, as the server itself writes the present time."""
    limit = int((time.time() - PAST_SECONDS) * 1000)
    return {each: timestamp for each, timestamp in timestamps.items() if timestamp < limit}


def _record_id(impacted: dict[str, Any]) -> str:
    return str((impacted.get("new") or impacted["old"])["id"])


def _timestamp(impacted: dict[str, Any]) -> int:
    return int((impacted.get("new") or impacted["old"]).get("last_modified", 0))


def on_collections_changing(event: ResourceChanged) -> None:
    """Refuse a mapping that is not valid, or has an option that would have no effect."""
    for impacted in event.impacted_objects:
        old, new = impacted.get("old") or {}, impacted["new"]
        if METADATA_KEY not in new or new[METADATA_KEY] == old.get(METADATA_KEY):
            continue
        try:
            check_mapping(new[METADATA_KEY])
        except BadMapping as exc:
            raise_invalid(event.request, name=METADATA_KEY, description=str(exc))


def on_collections_changed(event: AfterResourceChanged) -> None:
    """Create, rebuild or delete indexes."""
    search: Search = event.request.registry.buildhub_search
    if search.follower is None:
        return
    for impacted in event.impacted_objects:
        old, new = impacted.get("old") or {}, impacted.get("new") or {}
        index = IndexId(event.payload["bucket_id"], str(new.get("id") or old.get("id")))
        if event.payload["action"] == ACTIONS.DELETE.value:
            search.follower.deleted(index)
        else:
            search.follower.changed(index)


def on_buckets_deleted(event: AfterResourceChanged) -> None:
    """Delete the indexes of the bucket's collections."""
    search: Search = event.request.registry.buildhub_search
    if search.follower is None:
        return
    gone = {str((each.get("old") or each["new"])["id"]) for each in event.impacted_objects}
    for index in search.engine.indices():
        if index.bucket_id in gone:
            search.follower.deleted(index)


def on_flush(event: Any) -> None:
    """Delete all indexes."""
    search: Search = event.request.registry.buildhub_search
    if search.follower is not None:
        search.follower.flushed()
