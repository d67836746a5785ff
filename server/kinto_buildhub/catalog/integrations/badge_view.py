"""The badge with the newest build of a channel."""

from typing import Any, NamedTuple

from pyramid.response import Response

from kinto_buildhub.catalog.integrations.badge import GREEN, GREY, draw_badge
from kinto_buildhub.catalog.pages.records import field_text
from kinto_buildhub.catalog.search_state.clauses import equals
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.newest import newest_request, read_newest
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.errors import IndexMissing, SearchError

PATH = "/catalog/badges/{product}/{channel}.svg"

# Sites that show many badges ask a proxy of theirs; a nightly is twelve hours apart.
_KEPT = "max-age=300"


class _Badge(NamedTuple):
    status: int
    value: str
    colour: str
    cache_control: str


_UNKNOWN = _Badge(404, "unknown", GREY, _KEPT)


def badge_view(request: Any) -> Response:
    """Send the badge; a grey one where there is no such build, or search does not answer."""
    product, channel = (str(request.matchdict[name]) for name in ("product", "channel"))
    with spending(Budget(request.registry.buildhub_search.settings.limits)):
        try:
            badge = _newest(read_newest(Catalogue(request).search(_search_body(product, channel))))
        except IndexMissing:
            badge = _UNKNOWN
        except SearchError:
            badge = _Badge(503, "not available", GREY, "no-store")
    response = Response(
        draw_badge(f"{product} {channel}", badge.value, badge.colour).encode(),
        badge.status,
        content_type="image/svg+xml",
        charset="UTF-8",
    )
    response.cache_control = badge.cache_control
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def _newest(record: dict[str, Any]) -> _Badge:
    if not record:
        return _UNKNOWN
    value = field_text(record, "target.version")
    if field_text(record, "target.channel").startswith("nightly"):  # They share a version.
        value += f" {field_text(record, 'build.id')}"
    return _Badge(200, value, GREEN, _KEPT)


def _search_body(product: str, channel: str) -> dict[str, Any]:
    filters = [equals("source.product", product), equals("target.channel", channel)]
    return newest_request(filters, ["target.version", "target.channel", "build.id"])
