"""The catalogue in a browser: pages over the same search that everybody has.

Data flows one way: an address is parsed into what it asks for (`search_state`), which becomes
requests to search (`searches`); their answers become a page (`pages`), and a page becomes HTML,
JSON, CSV or Atom (`responses`, with `templates` and `static`). `integrations` is for other
programs.
"""

from typing import Any

from buildhub_schema.products import product_title

from kinto_buildhub.catalog import addresses, browsers, suggestions
from kinto_buildhub.catalog.pages.records import field_text, field_value
from kinto_buildhub.catalog.pages.texts import (
    readable_day,
    readable_moment,
    readable_number,
    readable_size,
    web_address,
)
from kinto_buildhub.catalog.static_files import packaged

FILTERS = {
    "field": field_value,
    "text": field_text,
    "day": readable_day,
    "moment": readable_moment,
    "number": readable_number,
    "product_title": product_title,
    "size": readable_size,
    "web_address": web_address,
}
"""What templates may make of a value."""


def includeme(config: Any) -> None:
    """Add the pages, where search is there to answer them."""
    collection = config.registry.buildhub_settings["buildhub.catalog_collection"]
    config.registry.buildhub_catalog_collection = collection
    config.registry.buildhub_catalog_static = packaged()
    config.add_settings({"jinja2.filters": FILTERS})
    config.include("pyramid_jinja2")
    config.include(addresses)
    config.include(browsers)
    config.include(suggestions)
    config.include("kinto_buildhub.catalog.integrations")
    config.include("kinto_buildhub.catalog.responses.kinto_errors")
    config.add_api_capability(
        "catalog",
        description="The catalogue in a browser.",
        url="https://buildhub.readthedocs.io/en/latest/how-to/catalog.html",
    )
