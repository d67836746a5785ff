"""Building the index anew and comparing it, as an operator does."""

import pytest
from buildhub_schema import collection_metadata
from kinto_buildhub.errors import StartError
from kinto_buildhub.search.maintenance import audit_index, reindex

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record


@pytest.fixture
def settings(make_database, make_app, tmp_path):
    """Settings of a server that has two records and has never had an index."""
    url = make_database()
    app = make_app(url)  # Without a search path: nothing follows.
    bucket = "/v1/buckets/build-hub"
    app.put_json(bucket, {}, headers=PUBLISHER_HEADERS)
    app.put_json(
        f"{bucket}/collections/releases",
        {"data": collection_metadata()},
        headers=PUBLISHER_HEADERS,
    )
    for locale in ("fr", "de"):
        record = make_record(target__locale=locale, id=f"firefox_{locale}")
        app.put_json(
            f"{bucket}/collections/releases/records/{record['id']}",
            {"data": record},
            headers=PUBLISHER_HEADERS,
        )
    return kinto_settings(url, **{"kinto.search.path": str(tmp_path / "search")})


def told(work, *arguments, **options):
    sentences = []
    result = work(*arguments, tell=sentences.append, **options)
    return result, sentences


def test_a_missing_index_is_told_of_and_built(settings):
    equal, sentences = told(audit_index, settings, repairing=False)
    assert (equal, "there is no index" in sentences[0]) == (False, True)
    _, sentences = told(reindex, settings)
    assert sentences == ["build-hub/releases: 2 records indexed."]
    equal, sentences = told(audit_index, settings, repairing=False)
    assert equal
    assert sentences == ["build-hub/releases: 2 records, index and store are equal."]


def test_a_record_that_the_index_lacks_is_found_and_put_right(settings, make_app):
    told(reindex, settings)
    silent = {name: value for name, value in settings.items() if name != "kinto.search.path"}
    app = make_app(silent["kinto.storage_url"])
    record = make_record(target__locale="it", id="firefox_it")
    app.put_json(
        "/v1/buckets/build-hub/collections/releases/records/firefox_it",
        {"data": record},
        headers=PUBLISHER_HEADERS,
    )
    equal, sentences = told(audit_index, settings, repairing=False)
    assert not equal
    assert "1 missing in the index" in sentences[0]
    equal, sentences = told(audit_index, settings, repairing=True)
    assert equal
    assert sentences[-1] == "build-hub/releases: 1 records put right."
    equal, _ = told(audit_index, settings, repairing=False)
    assert equal


def test_without_an_engine_it_says_so(settings):
    silent = {name: value for name, value in settings.items() if name != "kinto.search.path"}
    with pytest.raises(StartError, match="Search is switched off"):
        reindex(silent, tell=lambda sentence: None)
