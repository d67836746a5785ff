"""The addresses of pages, from ``/v1``."""

from urllib.parse import quote

SEARCH = "/catalog/"
SUGGESTIONS = "/catalog/suggestions"


def build_path(build_id: str) -> str:
    """Return the address of the page of a build ID."""
    return f"/catalog/builds/{_segment(build_id)}"


def record_path(record_id: str) -> str:
    """Return the address of the page of a record."""
    return f"/catalog/records/{_segment(record_id)}"


def version_path(product: str, version: str) -> str:
    """Return the address of the page of a version."""
    return f"/catalog/versions/{_segment(product)}/{_segment(version)}"


def product_path(product: str) -> str:
    """Return the address of the page of a product."""
    return f"/catalog/products/{_segment(product)}"


def in_format(address: str, name: str) -> str:
    """Return the address of the same page in another format, such as ``json``."""
    path, mark, query = address.partition("?")
    return f"{path}.{name}{mark}{query}"


def _segment(text: str) -> str:
    return quote(text, safe="")
