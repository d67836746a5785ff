"""What the database reads for an answer: no more than it has to."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON
from kinto_buildhub.migrate import migrate
from kinto_buildhub.storage.bitmaps import only_bitmaps
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import DataError

from tests.conftest import kinto_settings
from tests.server.storage.conftest import connected_storage

PARENT_ID = "/buckets/build-hub/collections/releases"
RECORD_COUNT = 20_000

# Each of the first tenth is Fennec, and each tenth of all is for Android.
_FILL = """
INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)
SELECT n::text, %(parent_id)s, 'record', timestamp '2020-01-01' + n * interval '1 s',
       jsonb_build_object(
           'source', jsonb_build_object(
               'product', CASE WHEN n <= 2000 THEN 'fennec' ELSE 'firefox' END),
           'target', jsonb_build_object(
               'os', CASE WHEN mod(n, 10) = 0 THEN 'android' ELSE 'win' END),
           'download', jsonb_build_object(
               'size', n,
               'date', to_char(timestamp '2020-01-01' + n * interval '1 h', 'YYYY-MM-DD'))),
       false
  FROM generate_series(1, 20000) AS n
"""


@pytest.fixture(scope="module")
def database(make_database) -> str:
    url: str = make_database()
    migrate(kinto_settings(url), progress=lambda _: None)
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE objects DISABLE TRIGGER USER")
            cursor.execute(_FILL, {"parent_id": PARENT_ID})
            cursor.execute("VACUUM ANALYZE objects")
    return url


@pytest.fixture
def storage(database) -> Iterator[Any]:
    with connected_storage(database) as storage:
        yield storage


def equal(field: str, value: str) -> Filter:
    return Filter(field, value, COMPARISON.EQ)


def scans(storage: Any, ask: Callable[[], Any]) -> list[dict[str, Any]]:
    """Let *ask* ask, and return the nodes of the plan of it that read records."""
    statements: list[Any] = []
    engine = storage.client.session_factory.get_bind()

    def note(*event: Any) -> None:
        statements.append(event[2:4])

    listen(engine, "before_cursor_execute", note)
    ask()
    remove(engine, "before_cursor_execute", note)
    plain = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain)) as connection, connection.cursor() as cursor:
        for sql, parameters in statements:
            if "objects" in sql:
                sql = f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"
            cursor.execute(sql, parameters)
            if "objects" in sql:
                found = list(_iter_scans(cursor.fetchone()[0][0]["Plan"]))
    return found


def _iter_scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Relation Name") == "objects" and node["Actual Loops"]:
        yield node
    for child in node.get("Plans", ()):
        yield from _iter_scans(child)


def test_a_frequent_value_is_counted_by_its_index(storage, monkeypatch):
    monkeypatch.setattr("kinto_buildhub.storage.catalogue.RARE_COUNT", 1_000)

    def count() -> int:
        wanted = [equal("target.os", "win")]
        return int(storage.count_all("record", PARENT_ID, filters=wanted))

    assert count() == RECORD_COUNT * 9 // 10
    [scan] = scans(storage, count)
    assert scan["Node Type"] == "Bitmap Heap Scan"
    [index] = scan["Plans"]
    assert index["Index Name"].startswith("buildhub_releases_target_os_")


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_other_plans_are_possible_again_after_a_count(database, options):
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg2"), **options)
    with engine.connect() as connection:

        def settings() -> list[str]:
            names = ("enable_seqscan", "enable_indexscan", "work_mem")
            return [connection.execute(text(f"SHOW {name}")).scalar() or "" for name in names]

        before = settings()
        with only_bitmaps(connection):
            assert settings() == ["off", "off", "64MB"]
        assert settings() == before
        with pytest.raises(DataError), only_bitmaps(connection):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert settings() == before
    engine.dispose()
