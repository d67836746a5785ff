"""What is suggested for the last word in the box."""

import pytest
import webtest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.search_state.suggestions import (
    MOST,
    Suggestion,
    build_id_start,
    last_word,
    suggest,
)

from tests.server.catalog.conftest import CATALOGUE
from tests.server.catalog.search_state.vocabularies import VOCABULARY
from tests.server.search.records import make_records

SUGGESTIONS = f"{CATALOGUE}suggestions"


def _suggested(text: str) -> list[Suggestion]:
    word = last_word(text)
    return [] if word is None else suggest(word, VOCABULARY.counts, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fi", ["firefox", "devedition", "fenix", "klar"]),
        ("firefox 56", ["56.0.1", "56.0", "56.0rc1", "56.0b12", "56.0b12rc3"]),
        ("firefox 53", ["53.0", "53.0b10", "53.0b9"]),
        ("53.0B", ["53.0b10", "53.0b9"]),
        ("ma", ["macosx", "mac", "maemo5-gtk", "maemo", "ja-JP-mac"]),
        ("x86", ["linux-x86_64", "android-x86"]),
        ("pt_", ["pt-BR", "pt-PT"]),
        ("-nigh", ["nightly", "nightly-old-id"]),
        ("windo", ["win32", "win", "win64"]),
        ("germ", ["de"]),
        ("chin", ["zh-CN", "zh-TW"]),
        ("develop", ["devedition"]),
        ("locale:f", ["fr"]),
        ("-target.os:", ["win", "linux", "mac", "android", "maemo"]),
        ("lo", ["locale:"]),
        ("nothing-of-this", []),
        ("firefox ", []),
        ('"fire', []),
        ("foo:fire", []),
        ("https://archive", []),
        ("", []),
    ],
)
def test_words_are_completed(text: str, expected: list[str]) -> None:
    assert [suggestion.value for suggestion in _suggested(text)] == expected


def test_each_facet_has_its_best_before_any_has_its_second() -> None:
    found = [(each.label, each.value) for each in _suggested("f")]
    assert found == [
        ("Product", "firefox"),
        ("Locale", "fr"),
        ("Product", "fennec"),
        ("Product", "fenix"),
    ]


def test_a_suggestion_is_the_whole_text_of_the_box() -> None:
    (suggestion,) = _suggested("firefox  -locale:pt-b")
    assert suggestion == Suggestion("firefox  -locale:pt-BR", "pt-BR", "Locale", 997)


def test_a_value_with_spaces_is_put_into_quotes() -> None:
    word = last_word("platform:os")
    assert word is not None
    (suggestion,) = suggest(word, {"platform": {"OS/2 Warp": 1}}, {})
    assert suggestion.text == 'platform:"OS/2 Warp"'


def test_build_ids_are_suggested_by_their_first_digits() -> None:
    word = last_word("firefox 2017")
    assert word is not None
    assert build_id_start(word) == "2017"
    found = suggest(word, {}, {"20171231120000": 3, "20170403083344": 2})
    assert [each.text for each in found] == ["firefox 20171231120000", "firefox 20170403083344"]


@pytest.mark.parametrize(
    "text", ["5", "201", "3017", "locale:2017", "20170403083344555", "foo:2017"]
)
def test_other_words_are_no_build_ids(text: str) -> None:
    word = last_word(text)
    assert word is not None
    assert build_id_start(word) == ""


@given(st.text(max_size=30) | st.sampled_from(["f", "-l", "os:w", "1", "5", "a", "x", "e"]))
def test_suggestions_go_on_with_the_text(text: str) -> None:
    found = _suggested(text)
    assert len(found) <= MOST
    word = last_word(text)
    for suggestion in found:
        assert word is not None
        assert suggestion.text.startswith(word.before + word.sign)
        assert suggestion.text.rstrip('"').endswith(suggestion.value)


def test_the_endpoint_counts_what_else_is_asked_for(catalogue: webtest.TestApp) -> None:
    found = catalogue.get(SUGGESTIONS, {"q": "fr win3"}).json
    count = sum(
        record["target"]["locale"] == "fr" and record["target"]["platform"] == "win32"
        for record in make_records()
    )
    assert found == {
        "q": "fr win3",
        "suggestions": [
            {"text": "fr win32", "value": "win32", "label": "Platform", "count": count}
        ],
    }


def test_a_second_word_of_a_facet_has_no_count(catalogue: webtest.TestApp) -> None:
    (suggestion,) = catalogue.get(SUGGESTIONS, {"q": "win32 win6"}).json["suggestions"]
    assert (suggestion["value"], suggestion["count"]) == ("win64", None)


def test_the_endpoint_knows_build_ids(catalogue: webtest.TestApp) -> None:
    build_ids = {each["build"]["id"] for each in make_records() if "build" in each}
    start = max(build_ids)[:5]
    found = catalogue.get(SUGGESTIONS, {"q": start}).json["suggestions"]
    expected = sorted((each for each in build_ids if each.startswith(start)), reverse=True)[:5]
    assert [each["value"] for each in found if each["label"] == "Build ID"] == expected


def test_browsers_get_their_own_shape(catalogue: webtest.TestApp) -> None:
    response = catalogue.get(SUGGESTIONS, {"q": "fr win3", "format": "opensearch"})
    assert response.content_type == "application/x-suggestions+json"
    address = f"http://localhost{CATALOGUE}?q=fr+win32"
    assert response.json == ["fr win3", ["fr win32"], ["Platform"], [address]]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=f&format=xml", "'format' is 'xml'"),
        ("prodct=1", "There is no parameter 'prodct'"),
        ("q=" + "x+" * 100 + "f", "100 words"),
        ("q=%00", "0x00"),
        ("q=%FF", "UTF-8"),
    ],
)
def test_the_endpoint_refuses_by_name(catalogue: webtest.TestApp, query: str, message: str) -> None:
    response = catalogue.get(f"{SUGGESTIONS}?{query}", status=400)
    assert message in response.json["message"]


def test_browsers_find_the_suggestions_by_the_description(catalogue: webtest.TestApp) -> None:
    description = catalogue.get(f"{CATALOGUE}opensearch.xml").xml
    (template,) = (
        url.get("template")
        for url in description.iterfind("{*}Url")
        if url.get("type") == "application/x-suggestions+json"
    )
    assert catalogue.get(template.replace("{searchTerms}", "thunderb")).json[1] == ["thunderbird"]
