"""``buildhub reindex``, as an operator runs it."""

import pytest
from buildhub_schema import collection_metadata
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.reindex import reindex

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


def test_reindex_builds_the_index_of_each_collection(settings):
    sentences = []
    reindex(settings, report=sentences.append)
    assert sentences == ["build-hub/releases: 2 records indexed."]


def test_without_an_engine_reindex_is_refused(settings):
    silent = {name: value for name, value in settings.items() if name != "kinto.search.path"}
    with pytest.raises(StartError, match="Search is switched off"):
        reindex(silent, report=lambda sentence: None)
