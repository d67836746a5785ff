"""What other programs show of the catalogue: a badge in a README, a search box in a browser."""

from typing import Any

from kinto.core.authorization import DYNAMIC
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.catalog.context import CatalogContext
from kinto_buildhub.catalog.integrations import badge_view, opensearch


def includeme(config: Any) -> None:
    """Add their addresses."""
    config.add_route("catalog-badge", badge_view.PATH, factory=CatalogContext)
    config.add_view(
        badge_view.badge_view,
        route_name="catalog-badge",
        request_method="GET",
        permission=DYNAMIC,
    )
    config.add_route("catalog-opensearch", opensearch.PATH)
    config.add_view(
        opensearch.opensearch_view,
        route_name="catalog-opensearch",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
