"""How often a page and a suggestion ask search, beyond what is in memory."""

import pytest
import webtest
from kinto_buildhub.search.service import Search

from tests.server.catalog.conftest import CATALOGUE


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The searches that were not answered from memory."""
    bodies: list[object] = []
    answer = Search.answer

    def answer_and_note(
        self: Search, index: object, mapping: object, body: object, *rest: object, **options: object
    ) -> object:
        bodies.append(body)
        return answer(self, index, mapping, body, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Search, "answer", answer_and_note)
    return bodies


def test_a_text_costs_one_search_once_the_values_are_known(
    catalogue: webtest.TestApp, answered: list[object]
) -> None:
    catalogue.get(f"{CATALOGUE}.json?q=53.0b9+costs-nothing")
    assert len(answered) <= 3
    for number, text in enumerate(
        ["53.0b9 fr", "zilla", "2014-03 win32", "https://x.org/pub/a/b/"]
    ):
        answered.clear()
        catalogue.get(f"{CATALOGUE}.json", {"q": f"{text} -costs-{number}"})
        assert len(answered) <= 2, answered


def test_the_letters_of_a_word_cost_one_search(
    catalogue: webtest.TestApp, answered: list[object]
) -> None:
    for text in ("53.0b9 -costs w", "53.0b9 -costs wi", "53.0b9 -costs win", "53.0b9 -costs win3"):
        catalogue.get(f"{CATALOGUE}suggestions", {"q": text})
    assert len(answered) <= 2
