"""Coverage: the time up to which the catalogue is complete, as the jobs have reported it.

`completeness` reads their reports, `views` shows them, `header` adds a header to the answers of
readers (from `cache`), and `heartbeat` says when it is too long ago.
"""

from functools import partial
from typing import Any

from kinto.core.events import ACTIONS, ResourceChanged
from pyramid.tweens import INGRESS

from kinto_buildhub.coverage.cache import CoverageCache
from kinto_buildhub.coverage.completeness import CollectionId, read_shown_coverage
from kinto_buildhub.coverage.heartbeat import CoverageHeartbeat
from kinto_buildhub.coverage.listeners import on_collections_deleted
from kinto_buildhub.coverage.settings import CoverageSettings
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.service import Search


def includeme(config: Any) -> None:
    """Add the endpoint, the header, and the heartbeat where an age is set."""
    settings = CoverageSettings.from_values(config.registry.buildhub_settings)
    search = getattr(config.registry, "buildhub_search", None)
    config.registry.buildhub_coverage = CoverageCache(
        partial(read_shown_coverage, config.registry.storage, config.registry.permission),
        lambda collection: _is_followed(search, collection),
    )
    config.add_tween("kinto_buildhub.coverage.header.tween_factory", under=INGRESS)
    config.add_subscriber(
        on_collections_deleted,
        ResourceChanged,
        for_resources=("collection",),
        for_actions=(ACTIONS.DELETE,),
    )
    if settings.max_age_hours is not None:
        config.registry.heartbeats["coverage"] = CoverageHeartbeat(settings)
    config.add_api_capability(
        "coverage",
        description="The time up to which a catalogue is complete.",
        url="https://buildhub.readthedocs.io/en/latest/api/coverage.html",
    )
    config.scan("kinto_buildhub.coverage.views")


def _is_followed(search: Search | None, collection: CollectionId) -> bool:
    """Return whether the search index has every change that is stored."""
    if search is None or not search.enabled:
        return False
    index = IndexId(*collection)
    try:
        newest = search.store.newest(index)
        position = search.engine.position(index)
    except SearchError:
        return False
    return position is not None and position >= newest
