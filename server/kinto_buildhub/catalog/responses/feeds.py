"""A page as an Atom feed, of RFC 4287."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree  # Only writes.

from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Entry, Page
from kinto_buildhub.catalog.responses.links import related_urls
from kinto_buildhub.catalog.responses.page_address import page_url, root_url
from kinto_buildhub.catalog.responses.xml_text import allowed_text

_ATOM = "http://www.w3.org/2005/Atom"
_LONG_AGO = "1970-01-01T00:00:00Z"

_HOST = re.compile(r"[a-z0-9.-]+")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def render_atom(request: Any, page: Page) -> Response:
    """Return the page as a feed."""
    entries, root = page.entries(), root_url(request)
    feed = ElementTree.Element("feed", xmlns=_ATOM)
    _add(feed, "title", f"{page.title} · BuildHub")
    _add(feed, "subtitle", page.description)
    _add(feed, "id", tag_uri(page_url(request, "atom")))  # Not the ID of an entry about the page.
    _add(feed, "updated", _updated(page, entries))
    _add(ElementTree.SubElement(feed, "author"), "name", "BuildHub")
    _link(feed, "self", page_url(request, "atom"), "application/atom+xml")
    _link(feed, "alternate", page_url(request), "text/html")
    related = related_urls(request, page)
    for relation, label in (("prev", "previous"), ("next", "next")):  # As RFC 5005 names them.
        if relation in related:
            _link(feed, label, related[relation], "application/atom+xml")
    for entry in entries:
        _add_entry(feed, root, entry)
    text = ElementTree.tostring(feed, "utf-8", xml_declaration=True)
    return Response(text, content_type="application/atom+xml", charset="UTF-8")


def _updated(page: Page, entries: Sequence[Entry]) -> str:
    """Return the newest time of the entries; without any, the time up to which there are none."""
    if not entries and page.completeness is not None and page.completeness.until is not None:
        return page.completeness.until
    return max((_moment(each.updated) for each in entries), default=_LONG_AGO)


def _add_entry(feed: ElementTree.Element, root: str, entry: Entry) -> None:
    element, url = ElementTree.SubElement(feed, "entry"), f"{root}{entry.path}"
    _add(element, "id", tag_uri(url))
    _add(element, "title", entry.title)
    _add(element, "updated", _moment(entry.updated))
    _link(element, "alternate", url, "text/html")
    _add(element, "summary", entry.summary)


def tag_uri(url: str) -> str:
    """Return the ID for what has a URL: the same if it is once sent by another port or scheme.

    Source: RFC 4151.
    """
    # Parted by hand: urlsplit raises errors for what some clients send as the host.
    _, _, rest = url.partition("://")
    server, slash, path = rest.partition("/")
    host = server.partition(":")[0].lower()
    authority = host if _HOST.fullmatch(host) else "localhost"
    return f"tag:{authority},2026:{slash}{path}"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = allowed_text(text)


def _link(parent: ElementTree.Element, relation: str, url: str, media_type: str) -> None:
    ElementTree.SubElement(parent, "link", rel=relation, type=media_type, href=allowed_text(url))


def _moment(text: str) -> str:
    """Return a time that feeds may have; records may have anything."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _LONG_AGO
    return text if _RFC3339.fullmatch(text) else _LONG_AGO
