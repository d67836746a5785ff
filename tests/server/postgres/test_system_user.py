"""Root starts PostgreSQL as another user, and opens no folder for it."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres import system_user
from kinto_buildhub.postgres.embedded import embedded_postgresql

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another user")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only root may enter, as /root is."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def modes(folders: list[Path]) -> list[int]:
    return [stat.S_IMODE(folder.stat().st_mode) for folder in folders]


@pytest.mark.parametrize(
    "below", [pytest.param("a/data", id="short"), pytest.param("a/" + "long" * 25, id="long-name")]
)
def test_closed_folders_stay_closed_and_the_database_answers(closed: Path, below: str) -> None:
    data = closed / below
    data.parent.mkdir(mode=0o700)
    folders = [data.parent, *data.parent.parents]
    before = modes(folders)
    for _ in range(2):  # It is made, and found.
        with embedded_postgresql(data) as url:
            connection = psycopg2.connect(url)
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS one")
                cursor.execute("SELECT count(*) FROM t")
                assert cursor.fetchone() == (1,)
            connection.commit()
            connection.close()
    assert modes(folders) == before
    assert before[0] == 0o700


def test_a_closed_folder_is_named_where_root_lacks_the_capability(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_user, "_has_capability", lambda: False)
    with (
        pytest.raises(StartError, match=f"user 'pgserver'.* may not enter {closed}"),
        embedded_postgresql(closed / "data"),
    ):
        pass
