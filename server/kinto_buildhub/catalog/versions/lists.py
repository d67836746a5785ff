"""The list of locales that a release was shipped in, from the real history."""

from buildhub_schema.products import PRODUCTS_BY_NAME, Layout
from buildhub_schema.release_history import HistoricRelease, releases_by_version

# Fennec's builds with all locales in one; no list has it, as it is not a locale.
_MULTI = "multi"


def find_release(product: str, version: str) -> HistoricRelease | None:
    """Return a release of the history; None for nightlies, candidates, and what is too recent."""
    return releases_by_version().get((product, version))


def listed_locales(product: str, version: str) -> tuple[str, ...] | None:
    """Return the locales of the release's own list; None if it has none."""
    release = find_release(product, version)
    if release is None or release.locales is None:
        return None
    known = PRODUCTS_BY_NAME.get(product)
    is_fennec = known is not None and known.layout is Layout.FENNEC
    return (*release.locales, _MULTI) if is_fennec else release.locales
