"""The addresses that templates link to."""

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.catalog import paths
from kinto_buildhub.catalog.columns import Column
from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.page_address import (
    OTHER_FORMATS,
    collection_url,
    page_path,
    page_url,
    root_url,
)
from kinto_buildhub.catalog.search_state.query_string import (
    at_beginning,
    format_state,
    typed_text,
)
from kinto_buildhub.catalog.search_state.state import Cursor, SearchState, Sort


class FormatLink(NamedTuple):
    """The shown page in another format."""

    label: str
    media_type: str
    url: str


class Links:
    """Makes addresses on this server, from the page that is shown.

    A page has hundreds of them, so they are put together from parts, without Pyramid's routes.
    """

    products = PRODUCT_NAMES

    def __init__(self, request: Any) -> None:
        self._request = request
        self.search_path: str = request.route_path("catalog-search")
        self._root = self.search_path.removesuffix(paths.SEARCH)
        self.shown_path = page_path(request)
        self.typed_text = typed_text(request.query_string)
        self.api_docs = f"{self._root}/docs/"
        self._static_path = (
            f"{self.search_path}static/{request.registry.buildhub_catalog_static.hash}/"
        )

    def static(self, name: str) -> str:
        """Return the address of a style sheet or a script."""
        return self._static_path + name

    def canonical(self) -> str:
        """Return the whole URL of the shown page."""
        return page_url(self._request)

    def formats(self) -> tuple[FormatLink, ...]:
        """Return the shown page's other formats."""
        return tuple(
            FormatLink(each.label, each.media_type, page_url(self._request, each.name))
            for each in OTHER_FORMATS
        )

    def site(self, path: str) -> str:
        """Return the address for a path from ``/v1``."""
        return f"{self._root}{path}"

    def build(self, build_id: str) -> str:
        """Return the address of the page of a build ID."""
        return self.site(paths.build_path(build_id))

    def record(self, record_id: str) -> str:
        """Return the address of the page of a record."""
        return self.site(paths.record_path(record_id))

    def version(self, product: str, version: str) -> str:
        """Return the address of the page of a version."""
        return self.site(paths.version_path(product, version))

    def product(self, product: str) -> str:
        """Return the address of the page of a product."""
        return self.site(paths.product_path(product))

    def api(self, question: ApiRequest) -> str:
        """Return the whole URL of a request to the API."""
        return f"{collection_url(self._request)}/{question.address}"

    def search(self, state: SearchState) -> str:
        """Return the address of the search page in a state."""
        query = format_state(state)
        return f"{self.search_path}?{query}" if query else self.search_path

    def page(self, state: SearchState, cursor: Cursor | None) -> str:
        """Return the address of another page of the table."""
        return self.search(replace(state, cursor=cursor))

    def sorted_by(self, state: SearchState, column: Column) -> str:
        """Return the address of the table sorted by a column; again: in the other direction."""
        is_same = state.sort.column == column.name
        descending = not state.sort.descending if is_same else column.is_largest_first
        return self.search(at_beginning(replace(state, sort=Sort(column.name, descending))))

    def expanded(self, state: SearchState, facet: str) -> str:
        """Return the address of the page with all values of a facet; again: with the first ones."""
        is_expanded = facet in state.expanded
        others = tuple(name for name in state.expanded if name != facet)
        return self.search(replace(state, expanded=others if is_expanded else (*others, facet)))

    def published(self, state: SearchState, first: date, last: date) -> str:
        """Return the address of what was published from one day to another."""
        days = replace(state, published_from=first, published_until=last)
        return self.search(at_beginning(days))


def related_urls(request: Any, page: Page) -> dict[str, str]:
    """Return the whole URLs of related pages, in the format of this one."""
    name = request.matchdict.get("format") if request.matchdict else None
    root = root_url(request)
    return {
        relation: f"{root}{paths.in_format(address, name) if name else address}"
        for relation, address in page.related().items()
    }
