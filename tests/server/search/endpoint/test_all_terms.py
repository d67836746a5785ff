"""``terms`` with a size above the limit ask for all buckets: they get all of them, or an error."""

from dataclasses import replace

import pytest

from tests.server.search.collections import search_of

LARGEST = 2**31 - 1


@pytest.fixture
def five_terms(search_app, monkeypatch):
    """The app, with a limit of five buckets."""
    search = search_of(search_app)
    limits = replace(search.settings.limits, terms_size=5)
    monkeypatch.setattr(search, "settings", replace(search.settings, limits=limits))
    return search_app


@pytest.mark.parametrize("parameters", ["", "?typed_keys=true"])
@pytest.mark.parametrize("size", [6, LARGEST])
@pytest.mark.parametrize(
    "below", [{}, {"filter": {"match_all": {}}}, {"terms": {"field": "target.os"}}]
)
def test_all_buckets_or_an_error(five_terms, filled_path, size, below, parameters):
    for field, status in (("source.product", 200), ("target.locale", 400)):
        aggs = {"x": {"terms": {"field": field, "size": size}}}
        if below:
            aggs = {"outer": {**below, "aggs": aggs}}
        body = {"size": 0, "aggs": aggs}
        answer = five_terms.post_json(f"{filled_path}/_search{parameters}", body, status=status)
        if status == 400:
            assert "more than 5 buckets (kinto.search.max_terms_size)" in answer.json["message"]


def test_a_size_up_to_the_limit_returns_that_number(five_terms, filled_path):
    body = {"size": 0, "aggs": {"x": {"terms": {"field": "target.locale", "size": 5}}}}
    answer = five_terms.post_json(f"{filled_path}/_search", body).json
    assert len(answer["aggregations"]["x"]["buckets"]) == 5


def test_a_size_that_is_no_integer_of_32_bits_is_refused(search_app, filled_path):
    body = {"aggs": {"x": {"terms": {"field": "target.locale", "size": LARGEST + 1}}}}
    search_app.post_json(f"{filled_path}/_search", body, status=400)
