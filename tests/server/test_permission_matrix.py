"""Who may do what: the example of each operation of the OpenAPI document, sent by each user.

A new endpoint has a row in the document, or another test fails; here it needs a line in the table.
The catalogue is public, and belongs to `publisher`, who also administers credentials.
`colleague` is an account without permissions.
`read`, `publish` and `delete` are API tokens with that scope, and `hawk` signs with all three.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from kinto_buildhub.api_operations import Access

from tests.server.api_docs.record import described
from tests.server.api_docs.sending import example_request, send
from tests.server.api_docs.users import all_users
from tests.server.api_docs.world import restore, running_world

# A dot: what the example is answered with; a number: the status of the refusal.
TABLE = """
              anonymous colleague read publish delete hawk revoked expired publisher admin
public            .         .       .     .      .      .    401     401       .       .
created           .         .       .     .      .      .    401     401       .       .
own account      401        .      403   403    403    403   401     401       .       .
of an account    401       403     403   403    403    403   401     401       .       .
published        401       403     403    .     403     .    401     401       .      403
deleted          401       403     403   403     .      .    401     401       .      403
administered     401       403     403   403    403    403   401     401       .      403
own credentials  401         .      403   403    403    403   401     401       .       .
a credential     401       404      403   403    403    403   401     401       .      404
a request        401         .      403   403    403    403   401     401      409     409
for admins       401       403     403   403    403    403   401     401      403      .
"""

# What exists and may be read is returned to whoever would create it; nothing changes.
CREATED = "create_record create_bucket create_collection create_group"
OF_LINES = {
    "created": CREATED,
    "own account": "get_accounts delete_accounts",
    "of an account": "get_account create_account update_account patch_account delete_account",
    "published": "update_record patch_record bulk_records",
    "deleted": "delete_records delete_record",
    "administered": """
        repair_index
        delete_buckets update_bucket patch_bucket delete_bucket
        delete_collections update_collection patch_collection delete_collection
        delete_groups update_group patch_group delete_group
        """,
    "own credentials": "list_credentials",
    "a credential": """
        get_credential get_credential_log revoke_credential
        approve_credential show_credential_secret rotate_credential
        """,
    # Whoever is first gets the ID.
    "a request": "request_credential",
    "for admins": "delete_user_data",
}
LINE_OF = {name: line for line, names in OF_LINES.items() for name in names.split()}


def read_table() -> dict[str, dict[str, str]]:
    """Return what each user gets, by line and user."""
    head, *lines = TABLE.strip().splitlines()
    users = head.split()
    found = {}
    for line in lines:
        cells = line.split()
        name, cells = " ".join(cells[: -len(users)]), cells[-len(users) :]
        found[name] = dict(zip(users, cells, strict=True))
    return found


@pytest.fixture(scope="module")
def world(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[webtest.TestApp]:
    folder: Path = tmp_path_factory.mktemp("search")
    with running_world(make_app, make_database(), folder) as app:
        yield app


@pytest.mark.timeout(600)
def test_each_user_may_do_what_the_table_says(world: webtest.TestApp) -> None:
    table, wrong = read_table(), []
    with all_users(world) as users:
        assert list(users) == list(table["public"])
        # Reads first: the search index need not follow the changes.
        for row in sorted(described(world), key=lambda row: row.access is Access.WRITERS):
            expected = table[LINE_OF.get(row.operation_id, "public")]
            for user, sign in users.items():
                request = example_request(world, row)
                answer = send(world, request, sign(request))
                if row.access is Access.WRITERS and answer.status_code < 400:
                    restore(world)
                if found_other(answer, expected[user], [*row.answers]):
                    wrong.append(f"{row.operation_id}, {user}: {answer.status} {answer.text[:200]}")
    assert wrong == []


def found_other(answer: Any, expected: str, regular: list[int]) -> bool:
    if expected == ".":
        return answer.status_code not in regular
    return answer.status_code != int(expected)


def test_whatever_changes_something_has_a_line(world: webtest.TestApp) -> None:
    """Without one, an operation would count as public."""
    writers = {row.operation_id for row in described(world) if row.access is Access.WRITERS}
    assert {*LINE_OF} - {"get_account", "get_accounts"} == writers
