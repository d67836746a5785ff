"""Which methods an address takes: answers to OPTIONS, and to methods that it does not take.

Kinto answers OPTIONS only to browsers that ask whether they may send a request of another site (a
preflight), and the pages did not at all.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid.events import ApplicationCreated, ContextFound
from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNoContent

# They lead to other addresses, which know.
_LEADING = frozenset({"redirect_to_version", "default_bucket", "default_bucket_collection"})

Methods = Mapping[str, tuple[str, ...]]
"""By the name of a route."""


def includeme(config: Any) -> None:
    """Look at each request once its route is known."""
    config.add_subscriber(_on_application_created, ApplicationCreated)
    config.add_subscriber(_on_context_found, ContextFound)


def find_methods(registry: Any) -> Methods:
    """Return the methods of all routes whose views are known."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in registry.introspector.get_category("views") or ():
        view = each["introspectable"]
        given = view["request_methods"] or ()
        found[view["route_name"]].update((given,) if isinstance(given, str) else given)
    return {name: _complete(methods) for name, methods in found.items() if name not in _LEADING}


def _complete(methods: set[str]) -> tuple[str, ...]:
    # Without any, its views are for all methods, and do the same whatever is asked: they show it.
    found = methods or {"GET"}
    if "GET" in found:
        found = found | {"HEAD"}
    return tuple(sorted(found | {"OPTIONS"}))


def is_preflight(request: Any) -> bool:
    """Return whether a browser asks whether it may send a request of another site."""
    return "Origin" in request.headers and "Access-Control-Request-Method" in request.headers


def _on_application_created(event: Any) -> None:
    event.app.registry.buildhub_methods = find_methods(event.app.registry)


def _on_context_found(event: Any) -> None:
    request, route = event.request, event.request.matched_route
    allowed = request.registry.buildhub_methods.get(route.name) if route else None
    if allowed is None:
        return
    is_service = route.pattern in request.registry.cornice_services
    if request.method == "OPTIONS":
        request.add_response_callback(lambda _, response: _allow(response, allowed))
        if not (is_service and is_preflight(request)):
            raise HTTPNoContent()
    elif request.method not in allowed and not is_service:  # Services say so themselves.
        message = f"{request.method} is not possible here, but {', '.join(allowed)}."
        refused = HTTPMethodNotAllowed()
        _allow(refused, allowed)
        raise http_error(refused, errno=ERRORS.METHOD_NOT_ALLOWED, message=message)


def _allow(response: Any, methods: tuple[str, ...]) -> None:
    response.headers["Allow"] = ", ".join(methods)
