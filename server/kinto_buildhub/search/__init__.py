"""Search: an index that follows the store, and Elasticsearch's query language to search it."""

from typing import Any

from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged
from kinto.events import ServerFlushed
from pyramid.events import ApplicationCreated

from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.follow.index_sync import measure_lag
from kinto_buildhub.search.listeners import (
    on_buckets_deleted,
    on_collections_changed,
    on_collections_changing,
    on_flush,
    on_records_changed,
)
from kinto_buildhub.search.service import Search, make_engine
from kinto_buildhub.search.settings import SearchSettings


def includeme(config: Any) -> None:
    """Plug search in: settings, engine, follower, heartbeat, views."""
    settings = SearchSettings.from_values(config.registry.buildhub_settings)
    search = Search(settings, make_engine(settings), Store(config.registry.storage))
    config.registry.buildhub_search = search

    config.add_subscriber(on_records_changed, AfterResourceChanged, for_resources=("record",))
    config.add_subscriber(
        on_collections_changing,
        ResourceChanged,
        for_resources=("collection",),
        for_actions=(ACTIONS.CREATE, ACTIONS.UPDATE),
    )
    config.add_subscriber(
        on_collections_changed, AfterResourceChanged, for_resources=("collection",)
    )
    config.add_subscriber(
        on_buckets_deleted,
        AfterResourceChanged,
        for_resources=("bucket",),
        for_actions=(ACTIONS.DELETE,),
    )
    config.add_subscriber(on_flush, ServerFlushed)
    config.add_subscriber(_start_following, ApplicationCreated)

    if search.enabled:
        config.registry.heartbeats["search"] = _heartbeat
    config.add_api_capability(
        "search",
        description="Search a collection in Elasticsearch's query language.",
        url="https://buildhub.readthedocs.io/en/latest/api/search.html",
        engine=search.engine.name if search.enabled else "none",
    )
    config.include("kinto_buildhub.search.endpoint.kinto_errors")
    config.include("kinto_buildhub.search.endpoint.views.add_server_info")
    config.scan("kinto_buildhub.search.endpoint.views")


def _start_following(event: ApplicationCreated) -> None:
    registry = event.app.registry
    follower = registry.buildhub_search.follower
    # The application of a command ends with the command, and must not write the index.
    if follower is not None and not getattr(registry, "command", None):
        follower.start()


def _heartbeat(request: Any) -> Any:
    """Return how far the indexes are behind; False if the engine does not answer.

    Anyone may ask, so collections without an index are counted and not named.
    """
    search: Search = request.registry.buildhub_search
    try:
        search.engine.ping()
        lag = measure_lag(search.engine, search.store)
    except Exception:  # noqa: BLE001 - whatever it is, search is not well.
        return False
    return {
        "engine": search.engine.name,
        "behind_ms": max(lag.behind_ms.values(), default=0),
        "missing": len(lag.missing),
    }
