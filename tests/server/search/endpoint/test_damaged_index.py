"""Damage to the files of the embedded index: noticed, and mended by a new index beside it."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import webtest
from kinto_buildhub.search.errors import Unavailable
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.service import Search

from tests.conftest import make_record
from tests.server.bulk import post as post_bulk
from tests.server.search.collections import (
    index_of,
    make_collection,
    search_of,
    total,
    until,
)
from tests.server.search.index_content import compare

GARBAGE = os.urandom(200)
PAGE = {"size": 20, "aggs": {"a": {"terms": {"field": "target.locale"}}}}

Damage = Callable[[Path], None]


def records(first: int, count: int) -> list[dict[str, Any]]:
    numbers = range(first, first + count)
    return [make_record(id=f"r{n:06}", target__locale=f"l{n % 250}") for n in numbers]


def overwritten(*suffixes: str) -> Damage:
    """Overwrite 200 bytes in the middle of each file with one of these ends of its name."""

    def damage(folder: Path) -> None:
        paths = [path for path in generation_files(folder) if path.name.endswith(suffixes)]
        assert paths
        for path in paths:
            with path.open("r+b") as file:
                file.seek(max(0, (path.stat().st_size - len(GARBAGE)) // 2))
                file.write(GARBAGE)

    return damage


def replaced(name: str, text: str) -> Damage:
    """Replace the content of the file of this name."""

    def damage(folder: Path) -> None:
        paths = [path for path in generation_files(folder) if path.name == name]
        assert paths
        for path in paths:
            path.write_text(text)

    return damage


def cut_ordinals(folder: Path) -> None:
    """Remove the last half of the term ordinals, between two lines."""
    for path in generation_files(folder):
        if path.parent.name == "term_ordinals" and path.stat().st_size:
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[: len(lines) // 2]))


def generation_files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/g*/**/*") if path.is_file()]


DAMAGES = [
    pytest.param(overwritten(""), id="every-file"),
    pytest.param(overwritten(".store"), id="store"),
    pytest.param(overwritten(".fast"), id="fast-fields"),
    pytest.param(overwritten(".term", ".idx"), id="postings"),
    pytest.param(overwritten("meta.json"), id="meta"),
    pytest.param(replaced("mapping.json", "[]"), id="mapping-a-list"),
    pytest.param(replaced("mapping.json", '{"properties": 7}'), id="mapping-without-properties"),
    pytest.param(replaced("mapping.json", "[" * 100_000), id="mapping-nested"),
    pytest.param(
        replaced("mapping.json", '{"properties": {"a": {"type": "keyword"}}}'), id="other-mapping"
    ),
    pytest.param(overwritten("f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"), id="ordinals"),
    pytest.param(cut_ordinals, id="ordinals-cut"),
    pytest.param(replaced("position.json", "99999999999999"), id="position-ahead"),
    pytest.param(replaced("position.json", "9" * 30), id="position-beyond-time"),
    pytest.param(replaced("position.json", "x"), id="position-garbage"),
]


@contextmanager
def running(
    make_app: Callable[..., webtest.TestApp], database_url: str, folder: Path
) -> Iterator[tuple[webtest.TestApp, Search]]:
    """An app whose index is in *folder*."""
    changes = {"kinto.search.path": str(folder), "kinto.search.poll_seconds": "0.1"}
    app = make_app(database_url, **changes)
    try:
        yield app, search_of(app)
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.close()


def is_right(app: webtest.TestApp, search: Search, path: str, count: int) -> bool:
    """Return whether search equals the store; only 200 and 503 are answers meanwhile."""
    answer = app.post_json(f"{path}/search", PAGE, status="*")
    assert answer.status_int in (200, 503), answer.text
    index: IndexId = index_of(path)
    if answer.status_int == 503 or search.engine.position(index) is None:
        assert answer.status_int == 200 or "Retry-After" in answer.headers
        return False
    try:
        return total(app, path) == count and compare(search.engine, search.store, index).equal
    except (Unavailable, webtest.AppError):  # The search has found damage that the page missed.
        return False


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.message for each in caplog.records if each.message.startswith("search_")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_while_the_server_runs_is_mended(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path: Path,
    damage: Damage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running(make_app, make_database(), tmp_path) as (app, search):
        path = make_collection(app)
        post_bulk(app, path, records(0, 300))
        until(lambda: is_right(app, search, path, 300), "following")
        with caplog.at_level(logging.WARNING):
            damage(tmp_path)
            post_bulk(app, path, records(290, 20))
            until(lambda: is_right(app, search, path, 310), "mending")
        assert len(lines_of(caplog)) <= 3, lines_of(caplog)


@pytest.mark.parametrize("damage", DAMAGES[:1] + DAMAGES[5:9] + DAMAGES[10:13])
def test_damage_found_at_the_start_is_mended(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path: Path,
    damage: Damage,
) -> None:
    database_url = make_database()
    with running(make_app, database_url, tmp_path) as (app, search):
        path = make_collection(app)
        post_bulk(app, path, records(0, 300))
        until(lambda: is_right(app, search, path, 300), "following")
    damage(tmp_path)
    with running(make_app, database_url, tmp_path) as (app, search):
        post_bulk(app, path, records(290, 20))
        until(lambda: is_right(app, search, path, 310), "mending")
