"""The Kinto plugin: what BuildHub adds to a stock server. One package a capability."""

from typing import Any


def includeme(config: Any) -> None:
    """Plug each capability in; this list is the table of contents.

    Subscribers to one event are called in this order: bodies are limited before a signature reads
    them.
    """
    config.include("kinto_buildhub.settings")
    # Before all that refuses requests, whose answers nobody is to keep.
    config.include("kinto_buildhub.request_hooks.headers.cache_control")
    config.include("kinto_buildhub.execution")
    config.include("kinto_buildhub.compression")
    config.include("kinto_buildhub.storage.watchdog")
    config.include("kinto_buildhub.access")
    config.include("kinto_buildhub.access.client_addresses")
    config.include("kinto_buildhub.client_policies")
    config.include("kinto_buildhub.request_hooks.bodies.body_limits")
    config.include("kinto_buildhub.credentials")
    config.include("kinto_buildhub.request_hooks.heartbeat")
    config.include("kinto_buildhub.request_hooks.release_memory")
    config.include("kinto_buildhub.request_hooks.request_lines")
    config.include("kinto_buildhub.request_hooks.bodies.json_bodies")
    config.include("kinto_buildhub.request_hooks.headers.entity_tags")
    config.include("kinto_buildhub.access.account_bodies")
    config.include("kinto_buildhub.access.cross_origin")
    config.include("kinto_buildhub.access.foreign_writes")
    config.include("kinto_buildhub.request_hooks.methods")
    config.include("kinto_buildhub.request_hooks.headers.counted_lists")
    config.include("kinto_buildhub.request_hooks.headers.next_pages")
    config.include("kinto_buildhub.request_hooks.unknown_names")
    config.include("kinto_buildhub.request_hooks.batches")
    config.include("kinto_buildhub.request_hooks.batch_limits")
    config.include("kinto_buildhub.request_hooks.bodies.json_patches")
    config.include("kinto_buildhub.schema_errors")
    config.include("kinto_buildhub.filters")
    config.include("kinto_buildhub.request_hooks.old_record_ids")
    config.include("kinto_buildhub.bulk")
    config.include("kinto_buildhub.anonymous")
    config.include("kinto_buildhub.search")
    config.include("kinto_buildhub.coverage")
    config.include("kinto_buildhub.catalog")
    config.include("kinto_buildhub.credentials.api")
    config.include("kinto_buildhub.credentials.page")
    config.include("kinto_buildhub.well_known")
    config.include("kinto_buildhub.api_docs")
    config.include("kinto_buildhub.latest")
    config.include("kinto_buildhub.exports")
    config.include("kinto_buildhub.old_addresses")
    config.include("kinto_buildhub.changes")
    config.include("kinto_buildhub.search.endpoint.views.add_index")
    config.include("kinto_buildhub.request_hooks.bodies.deep_json")
    config.include("kinto_buildhub.request_hooks.bodies.unstorable")
    config.include("kinto_buildhub.request_hooks.server_info")
    config.include("kinto_buildhub.negotiation")
