"""Where pages about a build ID lead: to the build IDs before and after it."""

from collections.abc import Mapping

from kinto_buildhub.catalog.paths import build_path
from kinto_buildhub.catalog.searches.neighbours import Neighbours


def neighbour_paths(neighbours: Neighbours) -> Mapping[str, str]:
    """Return the addresses of their pages, from ``/v1``, by relation."""
    found = {"prev": neighbours.previous, "next": neighbours.next}
    return {name: build_path(each.build_id) for name, each in found.items() if each is not None}
