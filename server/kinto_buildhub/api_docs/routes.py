"""Which methods a server answers at which addresses, as its routes and views say."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from kinto_buildhub.api_operations import Operation

_PREFIX = "v1/"
# Of views for one of the paths of a route, as those of files at the root of the host.
_ONLY = "path="
# A name and the regular expression of its value, which has no braces.
_PATTERN = re.compile(r"\{(\w+):[^{}]*\}")

NOT_DESCRIBED = {
    "catalog": "leads to `/catalog/`",
    "catalog-from-hello": "leads browsers from `/` to `/catalog/`",
    "catalog-static": "files under names that only pages know",
    "api-docs-to-page": "leads to `/docs/`",
    "api-docs-static": "files under names that only pages know",
    "credentials-page": "forms that only the page itself can send",
    "latest-other": "says which addresses there are below `/latest`",
    "exports-to-index": "leads to `/exports/`",
    "redirect_to_version": "leads from the root of the host to the same path below `/v1`; that of "
    "`/` is `/`, and a document has room for one of them",
}
"""Routes that are not described, and why."""


class Address(NamedTuple):
    """A method at a path.

    Attributes:
        path: below ``/v1``, without regular expressions.
        route_name: of its route.
        at_root: *path* is below the root of the host instead.
    """

    method: str
    path: str
    route_name: str
    at_root: bool = False


def iter_addresses(registry: Any) -> Iterator[Address]:
    """Yield each method that has a view of its own, but for ``OPTIONS`` and methods it refuses."""
    introspector = registry.introspector
    seen = set()
    for entry in introspector.get_category("views") or ():
        view = entry["introspectable"]
        route = view["route_name"] and introspector.get("routes", view["route_name"])
        path = _find_path(route, view) if route else None
        if path is None:
            continue
        below = path.removeprefix(_PREFIX)
        for method in _methods(view["request_methods"]):
            address = Address(method, f"/{below}", route["name"], at_root=below == path)
            if address not in seen:
                seen.add(address)
                yield address


def _find_path(route: Any, view: Any) -> str | None:
    """Return the path of a view, without the slash in front; None if it is not described."""
    only = str(view["match_param"] or "")
    if only.startswith(_ONLY):
        return only.removeprefix(_ONLY)
    return None if route["name"] in NOT_DESCRIBED else plain_path(route["pattern"]).lstrip("/")


def served_operations(registry: Any) -> list[Operation]:
    """Return the rows of the operations that the server has."""
    there = {(each.method, each.path) for each in iter_addresses(registry)}
    return [
        row
        for row in getattr(registry, "buildhub_api_operations", ())
        # Whoever describes an address at the root has it.
        if row.at_root or (row.method, row.path) in there
    ]


def _methods(given: Any) -> tuple[str, ...]:
    methods = (given,) if isinstance(given, str) else tuple(given or ())
    return tuple(method for method in methods if method != "OPTIONS")


def plain_path(pattern: str) -> str:
    """Return a pattern without the regular expressions of its names."""
    return _PATTERN.sub(r"{\1}", pattern)
