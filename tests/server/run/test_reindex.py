"""``buildhub reindex``, as an operator runs it."""

import fcntl

import pytest
import webtest
from buildhub_schema import collection_metadata
from kinto import main as kinto_main
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.reindex import reindex
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.server.search.collections import search_of, until


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
    folder = settings["kinto.search.path"]
    assert sentences == [
        f"build-hub/releases: 2 records indexed by the embedded engine in {folder}."
    ]


def test_a_running_server_is_asked_to_rebuild_its_index(settings):
    app = webtest.TestApp(kinto_main({}, **settings))
    search = search_of(app)
    index = IndexId("build-hub", "releases")
    until(lambda: search.engine.position(index) is not None, "the index is built")
    before = search.engine.state(index)
    sentences = []
    reindex(settings, report=sentences.append, wait_seconds=20)
    search.follower.stop()
    assert search.engine.state(index)[0] != before[0]
    search.engine.close()
    assert sentences[0].startswith("build-hub/releases: 2 records indexed by the embedded engine")


def test_a_server_that_does_not_rebuild_is_named(settings, tmp_path):
    (tmp_path / "search").mkdir()
    with (tmp_path / "search" / "writer.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StartError, match="running server was asked to rebuild the index of"):
            reindex(settings, report=lambda sentence: None, wait_seconds=0.2)


def test_of_two_at_once_the_second_says_so(settings):
    """As on a cluster, where each process may write."""
    app = webtest.TestApp(kinto_main({}, **settings | {"kinto.search.path": ""}))
    index = IndexId("build-hub", "releases")
    with (
        search_of(app).store.rebuilding(index),
        pytest.raises(StartError, match="The index of build-hub/releases is being rebuilt by"),
    ):
        reindex(settings, report=lambda sentence: None)
    reindex(settings, report=lambda sentence: None)


def test_without_an_engine_reindex_is_refused(settings):
    silent = {name: value for name, value in settings.items() if name != "kinto.search.path"}
    with pytest.raises(StartError, match="Search is switched off"):
        reindex(silent, report=lambda sentence: None)
