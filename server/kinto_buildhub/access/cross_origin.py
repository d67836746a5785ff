"""Lets scripts of other sites read what is not one of Kinto's services, as they may read those.

No answer depends on what a browser sends by itself: without credentials that the script knows, it
sees what everyone may see. Where every site may read, the header that says so is in all answers and
not only in those to scripts, as caches keep one answer for both.
"""

from typing import Any

from pyramid.events import NewRequest
from pyramid.settings import aslist

from kinto_buildhub.coverage.header import HEADER
from kinto_buildhub.request_hooks.methods import is_preflight

# For the site itself alone.
_CLOSED = "credentials"
_EXPOSED = ", ".join(
    (
        *("ETag", "Cache-Control", "Link", "Retry-After", "Last-Modified"),
        *("Accept-Ranges", "Content-Range", "Content-Length"),
        HEADER,
    )
)


def includeme(config: Any) -> None:
    """Subscribe to each request; have Kinto send the header in all answers, too."""
    config.get_settings().setdefault("cornice.always_cors", True)
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    origins = aslist(request.registry.settings["cors_origins"])
    if "*" not in origins:
        response.vary = (*(response.vary or ()), "Origin")
    route = getattr(request, "matched_route", None)
    if route is None or route.pattern in request.registry.cornice_services:
        return
    if route.name.startswith(_CLOSED):
        return
    origin = "*" if "*" in origins else request.headers.get("Origin")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    methods = request.registry.buildhub_methods.get(route.name, ())
    if request.method == "OPTIONS" and is_preflight(request):
        response.headers.update(_preflight_headers(request, methods))
    else:
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED


def _preflight_headers(request: Any, methods: tuple[str, ...]) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", "*"),
        "Access-Control-Max-Age": str(request.registry.settings["cors_max_age_seconds"]),
    }
