"""Kinto's PostgreSQL storage, with what a large collection needs on top.

Chosen with ``kinto.storage_backend = kinto_buildhub.storage``. Same tables, same answers.
"""

from typing import Any

from kinto.core.storage.postgresql import create_from_config
from pyramid.events import BeforeTraversal

from kinto_buildhub.storage.bulk_writes import BulkWrites
from kinto_buildhub.storage.checked_writes import CheckedWrites
from kinto_buildhub.storage.indexed_queries import IndexedQueries
from kinto_buildhub.storage.ordered_writes import OrderedWrites, take_turn
from kinto_buildhub.storage.whole_deletions import WholeDeletions


class Storage(OrderedWrites, CheckedWrites, WholeDeletions, BulkWrites, IndexedQueries):
    """The storage of a BuildHub server."""


def load_from_config(config: Any) -> Storage:
    """Make the storage from Kinto's own ``storage_…`` settings."""
    settings = config.get_settings()
    config.add_subscriber(take_turn, BeforeTraversal)
    return Storage(
        client=create_from_config(config, prefix="storage_"),
        max_fetch_size=int(settings["storage_max_fetch_size"]),
        readonly=settings.get("readonly", False),
    )
