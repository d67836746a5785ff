"""The pages about the API: Swagger UI, and what has changed for clients, also as a feed."""

from datetime import UTC, datetime, time
from functools import cache
from importlib import resources
from typing import Any
from xml.etree import ElementTree  # Only writes.

from kinto.core import Service
from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.renderers import render
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from swagger_ui_bundle import swagger_ui_path

from kinto_buildhub.api_docs.changes import CHANGES, Change
from kinto_buildhub.catalog.responses.feeds import tag_uri
from kinto_buildhub.catalog.responses.html import CONTENT_SECURITY_POLICY
from kinto_buildhub.catalog.responses.page_address import root_url
from kinto_buildhub.catalog.static_files import StaticFiles, send_file

_STATIC = "/docs/static/{hash}/{name}"
_SWAGGER_UI = ("swagger-ui-bundle.js", "swagger-ui.css")
# Its style sheet draws arrows and ticks with pictures that are in it.
_POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")


def _service(name: str, path: str, description: str) -> Any:
    return Service(name=name, path=path, description=description)


docs = _service("api-docs", "/docs/", "The API in a browser")
docs_without_slash = _service("api-docs-to-page", "/docs", "Leads to the page")
changes = _service("api-changes", "/docs/changes", "What has changed for clients")
feed = _service("api-changes-feed", "/docs/changes.atom", "What has changed for clients")
static = _service("api-docs-static", _STATIC, "Files of the pages")


@cache
def _static_files() -> StaticFiles:
    """Return ours, and those of Swagger UI that its page needs; together two megabytes."""
    ours = resources.files("kinto_buildhub.api_docs").joinpath("static").iterdir()
    icon = resources.files("kinto_buildhub.catalog").joinpath("static", "icon.svg")
    return StaticFiles.read([*ours, icon, *(swagger_ui_path / name for name in _SWAGGER_UI)])


@static.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def static_view(request: Any) -> Response:
    """Send a file."""
    return send_file(request, _static_files())


@docs.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def docs_view(request: Any) -> Response:
    """Send the page with Swagger UI."""
    return _page(request, "docs.jinja2")


@docs_without_slash.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def docs_without_slash_view(request: Any) -> Any:
    """Lead to the page."""
    return HTTPMovedPermanently(f"{_root_path(request)}/docs/")


@changes.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def changes_view(request: Any) -> Response:
    """Send the page of changes."""
    return _page(request, "changes.jinja2", changes=CHANGES)


@feed.get(permission=NO_PERMISSION_REQUIRED)  # type: ignore[untyped-decorator]
def feed_view(request: Any) -> Response:
    """Send the feed of changes."""
    page = f"{root_url(request)}/docs/changes"
    root = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _add(root, "title", "Changes of BuildHub's API")
    _add(root, "id", tag_uri(f"{page}.atom"))
    _add(root, "updated", _midnight(CHANGES[0]))
    _add(ElementTree.SubElement(root, "author"), "name", "BuildHub")
    ElementTree.SubElement(root, "link", rel="self", href=f"{page}.atom")
    ElementTree.SubElement(root, "link", rel="alternate", type="text/html", href=page)
    for change in CHANGES:
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "id", tag_uri(f"{page}#{change.name}"))
        _add(entry, "title", change.title)
        _add(entry, "updated", _midnight(change))
        ElementTree.SubElement(entry, "category", term=change.kind.value)
        ElementTree.SubElement(entry, "link", rel="alternate", href=f"{page}#{change.name}")
        _add(entry, "summary", change.text)
    text = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    response = Response(text, content_type="application/atom+xml", charset="UTF-8")
    response.cache_control = "no-cache"
    return response


def _page(request: Any, template: str, **values: Any) -> Response:
    root = _root_path(request)
    values |= {"root": root, "static": f"{root}/docs/static/{_static_files().hash}/"}
    text = render(f"kinto_buildhub.api_docs:templates/{template}", values, request)
    response = Response(text.encode(), content_type="text/html", charset="UTF-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.cache_control = "no-cache"
    return response


def _root_path(request: Any) -> str:
    """Return the path of the API's root: ``/v1``."""
    return str(request.route_path("catalog-search")).removesuffix("/catalog/")


def _midnight(change: Change) -> str:
    return datetime.combine(change.day, time(), UTC).isoformat()


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
