"""What is remembered of the archive, and for how long it is believed."""

from datetime import timedelta

import pytest
from buildhub.archive.cache import FRESHNESS, ResponseCache, believed_seconds
from buildhub.errors import ConfigError

URL = "https://archive.example/pub/a.json"


def test_answers_outlive_the_run(tmp_path):
    path = tmp_path / "cache" / "archive.sqlite"
    cache = ResponseCache(path, clock=lambda: 1000.0)
    cache.store_response(URL, 200, b"body")
    cache.store_response(URL + "x", 404, None)
    cache.close()
    cache = ResponseCache(path)
    hit, miss = cache.find_response(URL), cache.find_response(URL + "x")
    assert (hit.status, hit.body, hit.fetched) == (200, b"body", 1000.0)
    assert (miss.status, miss.body) == (404, None)
    assert cache.find_response(URL + "y") is None
    cache.close()


def test_a_later_answer_takes_the_place_of_the_earlier(tmp_path):
    cache = ResponseCache(tmp_path / "archive.sqlite")
    cache.store_response(URL, 404, None)
    cache.store_response(URL, 200, b"now")
    assert cache.find_response(URL).body == b"now"
    cache.close()


def test_two_runs_may_share_the_file(tmp_path):
    first, second = ResponseCache(tmp_path / "a.sqlite"), ResponseCache(tmp_path / "a.sqlite")
    first.store_response(URL, 200, b"body")
    first.commit()
    assert second.find_response(URL).body == b"body"
    first.close()
    second.close()


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = ResponseCache(None)
    cache.store_response(URL, 200, b"body")
    assert cache.find_response(URL).body == b"body"
    cache.close()
    assert not list(tmp_path.iterdir())


def test_a_closed_cache_knows_nothing_and_does_not_fail(tmp_path):
    cache = ResponseCache(tmp_path / "a.sqlite")
    cache.close()
    cache.store_response(URL, 200, b"body")
    assert cache.find_response(URL) is None


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=f"cache folder {tmp_path}/file: cannot be made"):
        ResponseCache(tmp_path / "file" / "archive.sqlite")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=f"cache file {tmp_path}: unable to open"):
        ResponseCache(tmp_path)


def test_the_older_a_build_the_longer_its_misses_are_believed():
    ages = [row.younger_than for row in FRESHNESS]
    beliefs = [row.believed_for for row in FRESHNESS]
    assert ages == sorted(ages)
    assert beliefs == sorted(beliefs)


AGES = [
    (timedelta(hours=-3), timedelta(minutes=15)),
    (timedelta(hours=1), timedelta(minutes=15)),
    (timedelta(days=3), timedelta(hours=6)),
    (timedelta(days=40), timedelta(days=3)),
    (timedelta(days=4000), timedelta(days=60)),
]


@pytest.mark.parametrize(("age", "believed"), AGES)
def test_believed_seconds(age, believed):
    assert believed_seconds(age.total_seconds()) == believed.total_seconds()
