"""The list of versions that Mozilla shipped, to check the catalogue against.

It comes from product-details, which is made from what release engineering shipped and does not
depend on the archive. So it also shows what inventories lack, such as all versions since they were
stopped.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from buildhub_schema.products import PRODUCTS

from buildhub.archive.fetch import Fetcher
from buildhub.errors import BadData

FILES = ("firefox.json", "devedition.json", "thunderbird.json", "mobile_android.json")
"""The files to read, below the address in the settings."""

# The `version` beside the key lacks its `esr`.
_KEY = re.compile(r"(?P<product>[a-z-]+)-(?P<version>[0-9].*)")

_PRODUCTS = {
    name: product for product in PRODUCTS for name in product.shipped_as or (product.name,)
}


class ShippedVersion(NamedTuple):
    """A version that was shipped, and the day."""

    product: str
    version: str
    day: str


async def fetch_shipped(fetcher: Fetcher, root: str) -> list[ShippedVersion]:
    """Return the versions of the products that are catalogued.

    Raises:
        Unavailable: a file cannot be fetched now.
        BadData: a file is missing, or has another shape.
    """
    found: list[ShippedVersion] = []
    for name in FILES:
        response = await fetcher.get(root + name)
        if response.body is None:
            raise BadData(f"{root}{name}: not found (HTTP status {response.status})")
        found += parse_shipped(response.body, name=root + name)
    return found


def parse_shipped(body: bytes, *, name: str) -> list[ShippedVersion]:
    """Read one file: ``{"releases": {"firefox-58.0.1": {"date": "2018-01-29", …}, …}}``.

    Args:
        body: as it was served.
        name: of the file, for messages.

    Raises:
        BadData: it has another shape.
    """
    try:
        return list(_iter_shipped(orjson.loads(body)["releases"]))
    except orjson.JSONDecodeError as exc:
        raise BadData(f"{name}: expected JSON, got {body[:40]!r}") from exc
    except (AttributeError, KeyError, TypeError) as exc:
        raise BadData(f"{name}: expected releases with a date each, and found {exc!r}") from exc


def _iter_shipped(releases: dict[str, Any]) -> Iterator[ShippedVersion]:
    for key, release in releases.items():
        parts = _KEY.fullmatch(key)
        product = _PRODUCTS.get(parts["product"]) if parts else None
        if parts and product and release["date"] >= product.archived_since:
            yield ShippedVersion(product.name, parts["version"], str(release["date"]))
