"""The addresses of the pages, and which view answers each."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kinto.core.authorization import DYNAMIC
from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.catalog import static_files
from kinto_buildhub.catalog.context import CatalogContext
from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.build import build_page, build_question
from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.pages.product import product_page, product_question
from kinto_buildhub.catalog.pages.record import record_page, record_question
from kinto_buildhub.catalog.pages.search import search_page, search_question
from kinto_buildhub.catalog.pages.version import version_page, version_question
from kinto_buildhub.catalog.responses import FORMATS, responding
from kinto_buildhub.catalog.responses.page_address import HTML


class Address(NamedTuple):
    """One page.

    Attributes:
        name: of its route.
        path: below ``/v1``.
        make_page: answers a request for it.
        question: returns what to ask the API while search is down; None if it cannot answer.
    """

    name: str
    path: str
    make_page: Callable[[Any], Page]
    question: Callable[[Any], ApiRequest | None]


PAGES = (
    Address("catalog-search", "/catalog/", search_page, search_question),
    Address("catalog-build", "/catalog/builds/{build_id}", build_page, build_question),
    Address("catalog-record", "/catalog/records/{record_id}", record_page, record_question),
    Address("catalog-product", "/catalog/products/{product}", product_page, product_question),
    # Whatever a version is, it may contain a slash.
    Address(
        "catalog-version",
        "/catalog/versions/{product}/{version:.+}",
        version_page,
        version_question,
    ),
)
"""Each is also there with ``.json``, ``.csv`` and ``.atom`` at the end."""


def includeme(config: Any) -> None:
    """Add routes and views; those of a format first, as IDs may contain dots."""
    formats = "|".join(name for name in FORMATS if name != HTML)
    for address in PAGES:
        other = f"{address.name}-format"
        config.add_route(other, f"{address.path}.{{format:{formats}}}", factory=CatalogContext)
        config.add_route(address.name, address.path, factory=CatalogContext)
        for route in (other, address.name):
            config.add_view(
                responding(address.make_page, address.question),
                route_name=route,
                request_method="GET",
                permission=DYNAMIC,
            )
    config.add_route("catalog", "/catalog")
    config.add_view(_to_search, route_name="catalog", permission=NO_PERMISSION_REQUIRED)
    config.add_route("catalog-static", static_files.PATH)
    config.add_view(
        static_files.static_view, route_name="catalog-static", permission=NO_PERMISSION_REQUIRED
    )


def _to_search(request: Any) -> Any:
    query = request.query_string and f"?{request.query_string}"
    return HTTPMovedPermanently(request.route_path("catalog-search") + query)
