"""The description that makes a search engine of the catalogue in browsers."""

from xml.etree import ElementTree

import webtest

OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def test_browsers_find_the_description_and_its_addresses_work(catalogue: webtest.TestApp) -> None:
    link = catalogue.get("/v1/catalog/").html.find("link", rel="search")
    response = catalogue.get(link["href"])
    assert response.content_type == link["type"]
    description = ElementTree.fromstring(response.body)
    assert len(description.findtext(f"{OPENSEARCH}ShortName", "")) in range(1, 17)
    urls = {url.get("type"): url.get("template") for url in description.iter(f"{OPENSEARCH}Url")}
    assert urls["text/html"] == "http://localhost/v1/catalog/?q={searchTerms}"
    for media_type in ("text/html", "application/atom+xml"):
        found = catalogue.get(urls[media_type].replace("{searchTerms}", "firefox"))
        assert found.content_type == media_type
