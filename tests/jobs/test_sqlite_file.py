"""SQLite files: what is committed when, and what their errors say."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from buildhub.errors import DiskFailure
from buildhub.sqlite_file import (
    IN_MEMORY,
    DatabaseFailure,
    SqliteFile,
    open_kept,
    open_scratch,
    open_to_read,
)

SCHEMA = ("CREATE TABLE IF NOT EXISTS word (text TEXT PRIMARY KEY)",)
INSERT = "INSERT INTO word VALUES (?)"
COUNT = "SELECT count(*) FROM word"
HINT = "delete it"


def kept(path: Path | str, writes_per_commit: int = 2) -> SqliteFile:
    return open_kept(path, SCHEMA, hint=HINT, writes_per_commit=writes_per_commit)


def test_others_see_what_is_committed_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "words"
    with closing(kept(path)) as writer, closing(open_to_read(path, hint=HINT)) as reader:
        writer.write(INSERT, ["a"])
        assert reader.fetch_one(COUNT) == (0,)
        writer.write(INSERT, ["b"])
        writer.write(INSERT, ["c"])
        assert reader.fetch_one(COUNT) == (2,)
        writer.commit()
        assert reader.fetch_one(COUNT) == (3,)


def test_closing_writes_what_is_pending(tmp_path: Path) -> None:
    with closing(kept(tmp_path / "words", 100)) as file:
        file.write_all(INSERT, [["a"], ["b"]])
    with closing(kept(tmp_path / "words")) as file:
        assert file.fetch_all("SELECT text FROM word ORDER BY text") == [("a",), ("b",)]


def test_a_scratch_file_shows_what_was_written(tmp_path: Path) -> None:
    with closing(open_scratch(tmp_path / "words", SCHEMA)) as file:
        file.write_all(INSERT, [["a"], ["b"]])
        file.write_all(INSERT, [])
        assert list(file.iter_rows(COUNT)) == [(2,)]


def test_nothing_that_is_opened_to_read_is_made(tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseFailure, match=f"^{tmp_path}/words: unable to open database file; delete it$"
    ):
        open_to_read(tmp_path / "words", hint=HINT)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseFailure, match=f"{tmp_path}/words: .*; delete it") as caught:
        kept(tmp_path / "words")
    assert caught.value.is_damage


USES: list[Callable[[SqliteFile], object]] = [
    lambda file: file.write(INSERT, ["a" * 100_000]),
    lambda file: file.fetch_one("SELECT nothing FROM word"),
    lambda file: file.fetch_all("SELECT nothing FROM word"),
]


@pytest.mark.parametrize("use", USES, ids=["write", "fetch-one", "fetch-all"])
def test_failures_are_of_the_disk_and_no_damage(use: Callable[[SqliteFile], object]) -> None:
    full = (*SCHEMA, "PRAGMA max_page_count = 3")
    with closing(open_kept(IN_MEMORY, full, hint=HINT, writes_per_commit=1)) as file:
        with pytest.raises(DiskFailure, match=r"^:memory:: .*; delete it$") as caught:
            use(file)
        assert isinstance(caught.value, DatabaseFailure)
        assert not caught.value.is_damage


def test_rows_that_nobody_read_to_the_end_may_outlive_the_file(tmp_path: Path) -> None:
    file = open_scratch(tmp_path / "words", SCHEMA)
    file.write_all(INSERT, [["a"], ["b"]])
    rows = file.iter_rows("SELECT text FROM word")
    assert next(rows) == ("a",)
    file.close()
    rows.close()  # type: ignore[attr-defined]
