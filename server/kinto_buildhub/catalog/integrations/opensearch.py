"""The description from which browsers make a search engine of the catalogue: OpenSearch 1.1."""

from typing import Any
from xml.etree import ElementTree  # Only writes.

from pyramid.response import Response

from kinto_buildhub.catalog.responses.page_address import root_url

PATH = "/catalog/opensearch.xml"
MEDIA_TYPE = "application/opensearchdescription+xml"

_NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
_KEPT_SECONDS = 24 * 3600

# What a search for the terms is answered with, and where.
_URLS = (
    ("text/html", "/catalog/?q={searchTerms}"),
    ("application/atom+xml", "/catalog/.atom?q={searchTerms}"),
    ("application/x-suggestions+json", "/catalog/suggestions?q={searchTerms}&format=opensearch"),
)


def opensearch_view(request: Any) -> Response:
    """Send the description, whose addresses are on this server."""
    root = root_url(request)
    description = ElementTree.Element("OpenSearchDescription", xmlns=_NAMESPACE)
    for name, text in (
        ("ShortName", "BuildHub"),
        ("Description", "Search all builds that Mozilla ships"),
        ("InputEncoding", "UTF-8"),
    ):
        ElementTree.SubElement(description, name).text = text
    for media_type, template in _URLS:
        ElementTree.SubElement(description, "Url", type=media_type, template=f"{root}{template}")
    response = Response(
        ElementTree.tostring(description, "utf-8", xml_declaration=True),
        content_type=MEDIA_TYPE,
        charset="UTF-8",
    )
    response.cache_control = f"max-age={_KEPT_SECONDS}"
    return response
