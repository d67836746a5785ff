"""What a migration does beside indexes."""

import psycopg2
from kinto_buildhub.migrate import migrate

from tests.conftest import kinto_settings

ROWS = 2_000


def test_the_first_load_does_not_read_the_table_again_for_each_row(make_database):
    url = make_database()
    migrate(kinto_settings(url), progress=lambda sentence: None)
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        for number in range(ROWS):
            cursor.execute(
                "INSERT INTO objects (id, parent_id, resource_name, data, deleted) "
                "VALUES (%s, '/buckets/b/collections/c', 'record', '{}', FALSE)",
                (f"record-{number}",),
            )
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
            "WHERE relname = 'objects'"
        )
        rows_read = cursor.fetchone()[0]
    connection.close()
    assert rows_read < 5 * ROWS


def test_migrating_twice_changes_nothing(make_database):
    url = make_database()
    sentences = []
    for _ in range(2):
        sentences.clear()
        migrate(kinto_settings(url), progress=sentences.append)
    assert not sentences
