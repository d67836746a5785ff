"""Accounts: a password that was changed is over at once, and checking passwords is bounded."""

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
import webtest
from kinto_buildhub.access.attempts import FailureLimit, PasswordAttempts, TooManyAttempts
from kinto_buildhub.errors import SettingsError, StartError
from kinto_buildhub.run.accounts import set_password

from tests.conftest import kinto_settings

ACCOUNTS = {
    "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto_buildhub.access.accounts.AccountsPolicy",
    "kinto.buildhub.max_password_failures": "0",
}


def headers(name: str, password: str) -> dict[str, str]:
    given = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


class Server:
    """A server with accounts, and the settings by which commands reach its database."""

    def __init__(self, make_app: Callable[..., webtest.TestApp], url: str, **changes: str) -> None:
        self.settings = kinto_settings(url, **ACCOUNTS | changes)
        self.app = make_app(url, **ACCOUNTS | changes)
        self.names: set[str] = set()

    def set_password(self, name: str, password: str) -> None:
        set_password(self.settings, name, password, rotate=name in self.names)
        self.names.add(name)

    def user(self, name: str, password: str) -> str | None:
        """Return who the server takes the user for; None for nobody."""
        found = self.app.get("/v1/", headers=headers(name, password)).json
        return found["user"]["id"] if "user" in found else None


@pytest.fixture
def server(make_app: Callable[..., webtest.TestApp], make_database: Callable[[], str]) -> Server:
    return Server(make_app, make_database())


def test_a_changed_password_ends_the_old_one_at_once(server: Server) -> None:
    server.set_password("robot", "first")
    for _ in range(2):
        assert server.user("robot", "first") == "account:robot"
    server.set_password("robot", "second")
    assert server.user("robot", "first") is None
    assert server.user("robot", "second") == "account:robot"
    server.set_password("robot", "first")
    assert server.user("robot", "first") == "account:robot"
    assert server.user("robot", "second") is None


def test_a_deleted_account_is_over_at_once(server: Server) -> None:
    server.set_password("robot", "first")
    assert server.user("robot", "first") == "account:robot"
    server.app.delete("/v1/accounts/robot", headers=headers("robot", "first"))
    assert server.user("robot", "first") is None


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("robot", "wrong", id="wrong"),
        pytest.param("robot", "", id="empty"),
        pytest.param("nobody", "first", id="unknown-account"),
        pytest.param("no/body", "first", id="no-account-name"),
        pytest.param("ro\0bot", "first", id="NUL-in-the-name"),
        pytest.param("robot", "a\0b", id="NUL-in-the-password"),
        pytest.param("robot", "x" * 73, id="longer-than-bcrypt-takes"),
        pytest.param("robot", "x" * 5000, id="very-long"),
        pytest.param("robot", "é" * 40, id="80-bytes-in-40-characters"),
    ],
)
def test_whoever_lacks_the_password_is_nobody(server: Server, name: str, password: str) -> None:
    server.set_password("robot", "first")
    assert server.user(name, password) is None
    assert server.app.get("/v1/buckets", headers=headers(name, password), status=401)


def test_the_first_72_bytes_of_a_longer_password_are_not_enough(server: Server) -> None:
    server.set_password("robot", "x" * 72)
    assert server.user("robot", "x" * 72) == "account:robot"
    assert server.user("robot", "x" * 73) is None


def test_an_unknown_account_takes_as_long_as_a_wrong_password(server: Server) -> None:
    server.set_password("robot", "first")

    def seconds(name: str) -> float:
        before = time.process_time()
        server.user(name, "wrong")
        return time.process_time() - before

    known = min(seconds("robot") for _ in range(3))
    unknown = min(seconds("nobody") for _ in range(3))
    assert 0.5 < unknown / known < 2


def test_too_many_wrong_passwords_are_answered_429(
    make_app: Callable[..., webtest.TestApp], make_database: Callable[[], str]
) -> None:
    limits = {"kinto.buildhub.max_password_failures": "2"}
    server = Server(make_app, make_database(), **limits)
    server.set_password("robot", "first")
    assert server.user("robot", "first") == "account:robot"
    for _ in range(2):
        assert server.user("robot", "wrong") is None
    answer = server.app.get("/v1/buckets", headers=headers("nobody", "wrong"), status=429)
    assert answer.headers["Retry-After"] == "60"
    assert answer.json["message"] == "Too many wrong passwords or credentials from this address."
    # An address that looks at permissions by itself asks who it is while it refuses.
    bulk = "/v1/buckets/any/collections/thing/bulk"
    ndjson = {"Content-Type": "application/x-ndjson"}
    answer = server.app.post(bulk, b"{}", headers=headers("nobody", "wrong") | ndjson, status=429)
    assert answer.headers["Retry-After"] == "60"
    # Whoever was verified before goes on working.
    assert server.user("robot", "first") == "account:robot"


ADDRESSES = [
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("::ffff:192.0.2.1", "192.0.2.1", True),
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
]


@pytest.mark.parametrize(("first", "second", "is_one"), ADDRESSES)
def test_a_network_of_a_customer_is_one_address(first: str, second: str, is_one: bool) -> None:
    failures = FailureLimit(1)
    failures.count(first)
    with pytest.raises(TooManyAttempts) if is_one else nullcontext():
        failures.require_room(second)


def test_an_account_that_exists_keeps_its_password(server: Server) -> None:
    server.set_password("robot", "first")
    with pytest.raises(StartError, match="account 'robot' exists already"):
        set_password(server.settings, "robot", "second", rotate=False)
    assert server.user("robot", "first") == "account:robot"


def test_a_misspelt_account_is_not_created_by_a_rotation(server: Server) -> None:
    with pytest.raises(StartError, match="no account 'robott' to rotate"):
        set_password(server.settings, "robott", "first", rotate=True)
    assert server.user("robott", "first") is None


@pytest.mark.parametrize("name", ["", "a:b", "ä", "a b", "a/b"])
def test_a_name_that_no_account_can_have_is_refused_without_a_question(
    server: Server, name: str
) -> None:
    with pytest.raises(SettingsError, match=f"cannot be named {name!r}"):
        set_password(server.settings, name, "first", rotate=False)


def test_a_database_without_tables_is_named_without_the_hash(
    make_database: Callable[[], str],
) -> None:
    with pytest.raises(StartError, match='cannot be stored: relation "objects" does not exist'):
        set_password(kinto_settings(make_database(), **ACCOUNTS), "robot", "x", rotate=False)


class TestPasswordAttempts:
    def test_requests_with_the_same_credentials_share_one_check(self) -> None:
        attempts, checks = PasswordAttempts(FailureLimit(0)), []

        def verify() -> bool:
            checks.append(1)
            time.sleep(0.3)
            return True

        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(attempts.check, "here", "same", verify) for _ in range(8)]
            assert [each.result() for each in asked] == [True] * 8
        assert len(checks) == 1

    def test_one_is_checked_one_waits_and_others_come_again(self) -> None:
        attempts = PasswordAttempts(FailureLimit(0))

        def ask(credentials: str) -> str:
            try:
                attempts.check("here", credentials, lambda: bool(time.sleep(0.3)))
            except TooManyAttempts as exc:
                return f"{exc} {exc.retry_after_seconds}"
            return "checked"

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, "abcdefgh"))
        assert answers.count("checked") == 2
        assert answers.count("The server is checking other passwords. 1") == 6
        assert ask("i") == "checked"

    def test_a_check_that_fails_leaves_room_for_the_next(self) -> None:
        attempts = PasswordAttempts(FailureLimit(1))

        def fail() -> bool:
            raise OSError("no database")

        for _ in range(3):
            with pytest.raises(OSError, match="no database"):
                attempts.check("here", "same", fail)
        assert attempts.check("here", "same", lambda: True)
