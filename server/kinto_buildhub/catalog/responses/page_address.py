"""The whole URLs of the page that a request asks for, and of the API below it."""

from typing import Any, NamedTuple
from urllib.parse import quote

from kinto_buildhub.catalog import paths
from kinto_buildhub.collection_context import COLLECTION

HTML = "html"


class Format(NamedTuple):
    """A format besides HTML: its ending, and its name as people read it."""

    name: str
    label: str
    media_type: str


OTHER_FORMATS = (
    Format("json", "JSON", "application/json"),
    Format("csv", "CSV", "text/csv"),
    Format("atom", "Atom", "application/atom+xml"),
)
_ENDINGS = frozenset(each.name for each in OTHER_FORMATS)

# What may stand in a path and in a query string as it is; RFC 3986.
_PATH_CHARACTERS = "/:@!$&'()*+,;=-._~"
_QUERY_CHARACTERS = f"%?{_PATH_CHARACTERS}"


def root_url(request: Any) -> str:
    """Return the URL of the API's root: ``http://host/v1``."""
    return str(request.route_url("catalog-search")).removesuffix(paths.SEARCH)


def collection_url(request: Any) -> str:
    """Return the URL of the catalogue's collection."""
    bucket_id, collection_id = request.registry.buildhub_catalog_collection
    path = COLLECTION.format(bucket_id=bucket_id, collection_id=collection_id)
    return f"{root_url(request)}{path}"


def format_of(request: Any) -> str:
    """Return the format that the address asks for, also if there is no such page."""
    path = str(request.environ.get("PATH_INFO", ""))
    if path.endswith(paths.SUGGESTIONS):
        return "json"
    _, _, ending = path.rpartition(".")
    return ending if ending in _ENDINGS else HTML


def page_path(request: Any) -> str:
    """Return the path of the address, percent-encoded, also if it is no text."""
    return quote(request.environ.get("PATH_INFO", "").encode("latin-1"), _PATH_CHARACTERS)


def page_url(request: Any, name: str = HTML) -> str:
    """Return the URL of the page in a format."""
    server = root_url(request).removesuffix(f"/{request.registry.route_prefix}")
    url, shown = f"{server}{page_path(request)}", format_of(request)
    if shown != HTML:
        url = url.removesuffix(f".{shown}")
    if name != HTML:
        url = f"{url}.{name}"
    query = quote(request.environ.get("QUERY_STRING", "").encode("latin-1"), _QUERY_CHARACTERS)
    return f"{url}?{query}" if query else url
