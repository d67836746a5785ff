"""``POST …/collections/{id}/bulk``: as so many PUTs of records, at the speed of the database.

The way of a request: `views` checks what can be known from the headers, `body` cuts the body into
lines and chunks, `records` parses a line, `checker` validates it, `writer` stores a chunk in one
transaction, `background` lets the server read on while the client has not yet read its answers.
"""

import gc
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from kinto_buildhub.bulk.settings import BulkSettings
from kinto_buildhub.storage.bulk_writes import BulkWrites


def includeme(config: Any) -> None:
    """Add the endpoint and tell clients of it."""
    storage = config.registry.storage
    if not isinstance(storage, BulkWrites):
        raise ConfigurationError(
            f"the bulk endpoint needs kinto.storage_backend = kinto_buildhub.storage, not "
            f"{type(storage).__module__}"
        )
    settings = config.registry.buildhub_bulk = BulkSettings.from_values(
        config.registry.buildhub_settings
    )
    config.add_api_capability(
        "bulk",
        description="Upsert many records of a collection in one request.",
        url="https://buildhub.readthedocs.io/en/latest/api/bulk.html",
        max_request_bytes=settings.max_request_bytes,
        max_line_bytes=settings.max_line_bytes,
    )
    config.scan("kinto_buildhub.bulk.views")
    config.add_subscriber(_spare_the_collector, ApplicationCreated)


def _spare_the_collector(event: Any) -> None:
    """Take the application out of what Python's garbage collector looks through.

    A chunk makes objects by the ten thousand, so the collector comes by all the time. Going through
    the half million of the application each time took a fifth of the time of a request.
    """
    gc.collect()
    gc.freeze()
