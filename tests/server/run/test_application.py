"""Applications that are made for a command, several of them in one process."""

from contextlib import suppress

import pytest
import transaction
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.migrate import initialize_tables

from tests.conftest import kinto_settings

LIST = {"resource_name": "record", "parent_id": "/buckets/b/collections/c"}


class CommandFailed(Exception):
    """What ends a command early."""


def stored(settings):
    """Return the IDs of the records that a new application finds."""
    with opened_registry(settings, command="tests") as registry:
        return [each["id"] for each in registry.storage.list_all(**LIST)]


@pytest.mark.parametrize("error", [None, CommandFailed], ids=["done", "failed"])
def test_an_open_transaction_of_one_application_is_not_part_of_the_next_ones_work(
    make_database, error
):
    first, second = (kinto_settings(make_database()) for _ in range(2))
    for settings in (first, second):
        with opened_registry(settings, command="tests") as registry:
            initialize_tables(registry)
    with suppress(CommandFailed), opened_registry(first, command="tests") as registry:
        registry.storage.create(obj={"id": "abandoned"}, **LIST)
        if error:
            raise error
    with opened_registry(second, command="tests") as registry:
        registry.storage.create(obj={"id": "meant"}, **LIST)
        transaction.commit()
    assert (stored(first), stored(second)) == ([], ["meant"])
