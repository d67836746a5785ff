"""What a migration does beside indexes."""

import threading
from contextlib import closing

import psycopg2
from kinto_buildhub.run.migrate import migrate

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


def test_the_migration_changes_the_trigger_when_the_writers_have_finished(make_database):
    url = make_database()
    sentences = []
    waits = threading.Event()

    def report(sentence):
        sentences.append(sentence)
        if "waiting for a moment" in sentence:
            waits.set()

    migrate(kinto_settings(url), progress=lambda sentence: None)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        # As Kinto has it.
        cursor.execute(
            "CREATE OR REPLACE TRIGGER tgr_objects_last_modified BEFORE INSERT OR UPDATE OF data "
            "ON objects FOR EACH ROW EXECUTE PROCEDURE bump_timestamp()"
        )
        connection.commit()
        cursor.execute(
            "INSERT INTO objects (id, parent_id, resource_name, deleted) VALUES ('', '', '', TRUE)"
        )
        migration = threading.Thread(
            target=lambda: migrate(kinto_settings(url), progress=report), daemon=True
        )
        migration.start()
        assert waits.wait(30)
        connection.commit()
        migration.join(60)
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'objects'::regclass"
        )
        assert "buildhub.numbered" in cursor.fetchone()[0]
    assert len(sentences) == 1
