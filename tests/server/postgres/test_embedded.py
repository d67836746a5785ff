"""The embedded database's configuration."""

from pathlib import Path

import psycopg2
import pytest
from kinto_buildhub.postgres.embedded import embedded_postgresql


def _shown(url: str, name: str) -> str:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("ours", "theirs", "name", "shown"),
    [
        pytest.param("shared_buffers = 256MB", "", "shared_buffers", "256MB", id="as-we-wrote-it"),
        pytest.param(
            "shared_buffers = 256MB",
            "shared_buffers = 64MB",
            "shared_buffers",
            "64MB",
            id="edited",
        ),
        pytest.param("max_wal_size = 2GB", "# as it comes", "max_wal_size", "1GB", id="taken-out"),
    ],
)
def test_what_was_edited_in_the_configuration_stays(
    tmp_path: Path, ours: str, theirs: str, name: str, shown: str
) -> None:
    configuration = tmp_path / "postgresql.conf"
    with embedded_postgresql(tmp_path):
        text = configuration.read_text()
    assert text.count(ours) == 1
    configuration.write_text(text.replace(ours, theirs or ours))
    with embedded_postgresql(tmp_path) as url:
        assert _shown(url, name) == shown
