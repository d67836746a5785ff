"""What is asked for, as chips, and what is left without each."""

import pytest
from kinto_buildhub.catalog.pages.chips import state_chips
from kinto_buildhub.catalog.search_state.box import understand
from kinto_buildhub.catalog.search_state.query_string import format_state, parse_state

from tests.server.catalog.search_state.vocabularies import VOCABULARY


@pytest.mark.parametrize(
    ("query", "chips"),
    [
        ([], []),
        (
            [("q", "firefox -fr zzz")],
            [
                ("Product", "firefox", "q=-fr+zzz"),
                ("Locale", "fr", "q=firefox+zzz"),
                ("", "zzz", "q=firefox+-fr"),
            ],
        ),
        (
            [("locale", "fr"), ("locale", "de"), ("version", "54.0")],
            [
                ("Version", "54.0", "locale=fr&locale=de"),
                ("Locale", "fr", "version=54.0&locale=de"),
                ("Locale", "de", "version=54.0&locale=fr"),
            ],
        ),
        ([("from", "2017-06-01")], [("Published", "from 2017-06-01", "")]),
        ([("to", "2017-06-01"), ("size", "9")], [("Published", "to 2017-06-01", "size=9")]),
        (
            [("from", "2017-06-01"), ("to", "2017-06-01")],
            [("Published", "2017-06-01", "")],
        ),
        (
            [("from", "2017-06-01"), ("to", "2017-06-13"), ("before", "W10")],
            [("Published", "2017-06-01 to 2017-06-13", "")],
        ),
    ],
)
def test_each_part_can_be_taken_away(
    query: list[tuple[str, str]], chips: list[tuple[str, str, str]]
) -> None:
    state = parse_state(query)
    found = state_chips(state, understand(state.text, VOCABULARY), ())
    assert [(chip.name, chip.text, format_state(chip.without)) for chip in found] == chips


@pytest.mark.parametrize(
    ("query", "products", "paths"),
    [
        ([("q", "20170403083344")], [], ["/catalog/builds/20170403083344"]),
        ([("q", "20170403")], [], [""]),
        (
            [("q", "firefox_beta_50-0b11_macosx_fr")],
            [],
            ["/catalog/records/firefox_beta_50-0b11_macosx_fr"],
        ),
        ([("q", "firefox fr")], ["firefox"], ["/catalog/products/firefox", ""]),
        ([("q", "54.0")], ["firefox"], ["/catalog/versions/firefox/54.0"]),
        ([("q", "54.0")], ["fennec", "firefox"], [""]),
        ([("q", "54")], ["firefox"], [""]),
        (
            [("product", "firefox"), ("version", "a/b")],
            ["firefox"],
            ["/catalog/products/firefox", "/catalog/versions/firefox/a%2Fb"],
        ),
        ([("q", "version:53.0,54.0")], ["firefox"], [""]),
    ],
)
def test_what_has_a_page_leads_to_it(
    query: list[tuple[str, str]], products: list[str], paths: list[str]
) -> None:
    state = parse_state(query)
    found = state_chips(state, understand(state.text, VOCABULARY), products)
    assert [chip.path for chip in found] == paths
