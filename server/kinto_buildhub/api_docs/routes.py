"""Which methods a server answers at which addresses, as its routes and views say."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_PREFIX = "v1/"
# A name and the regular expression of its value, which has no braces.
_PATTERN = re.compile(r"\{(\w+):[^{}]*\}")

# Other names of what is described, files under names that only pages know, a page whose forms only
# the page itself can send, and addresses that say which others there are.
NOT_DESCRIBED = frozenset(
    {"catalog", "catalog-from-hello", "catalog-static", "api-docs-to-page", "api-docs-static"}
    | {"credentials-page", "latest-other", "exports-to-index"}
)


class Address(NamedTuple):
    """A method at a path.

    Attributes:
        path: below ``/v1``, without regular expressions.
        route_name: of its route.
    """

    method: str
    path: str
    route_name: str


def iter_addresses(registry: Any) -> Iterator[Address]:
    """Yield each method that has a view of its own, but for ``OPTIONS`` and methods it refuses."""
    introspector = registry.introspector
    seen = set()
    for entry in introspector.get_category("views") or ():
        view = entry["introspectable"]
        route = view["route_name"] and introspector.get("routes", view["route_name"])
        if not route or route["name"] in NOT_DESCRIBED:
            continue
        for method in _methods(view["request_methods"]):
            path = "/" + plain_path(route["pattern"]).removeprefix(_PREFIX)
            address = Address(method, path, route["name"])
            if route["pattern"].startswith(_PREFIX) and address not in seen:
                seen.add(address)
                yield address


def _methods(given: Any) -> tuple[str, ...]:
    methods = (given,) if isinstance(given, str) else tuple(given or ())
    return tuple(method for method in methods if method != "OPTIONS")


def plain_path(pattern: str) -> str:
    """Return a pattern without the regular expressions of its names."""
    return _PATTERN.sub(r"{\1}", pattern)
