"""``POST …/collections/{id}/bulk``: the same as a PUT for each record, at the database's speed.

The path of a request: `views` checks the headers, `body` splits the body into lines and chunks,
`records` parses a line, `schema_checker` validates it, `writer` stores a chunk in one transaction,
and `background` lets all that go on while the client has not yet read its results.
"""

import gc
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from kinto_buildhub.bulk.settings import BulkSettings
from kinto_buildhub.storage.bulk_writes import BulkWrites


def includeme(config: Any) -> None:
    """Add the endpoint and its API capability."""
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
    config.add_subscriber(_freeze_application, ApplicationCreated)


def _freeze_application(event: Any) -> None:
    """Exempt the application's own objects from garbage collection.

    A chunk makes tens of thousands of objects, so garbage is collected all the time. Going through
    the half million objects of the application each time took a fifth of a request's time.
    """
    gc.collect()
    gc.freeze()
