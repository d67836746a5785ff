"""Which folders an audit of the listings looks at, and where builds may hide from it."""

from datetime import date

import pytest
from buildhub.audit.scope import Scope
from buildhub.audit.visited import Seen, unit_of
from buildhub_schema.products import PRODUCT_NAMES

ALL = Scope(frozenset(PRODUCT_NAMES))
FENNEC = Scope(frozenset({"fennec"}))
VERSION = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0"}))
ATTEMPT = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0rc6"}))
MAY = Scope(frozenset(PRODUCT_NAMES), since=date(2024, 5, 10))
BEFORE_THE_MOVE = Scope(frozenset(PRODUCT_NAMES), since=date(2015, 10, 21))

FOLDERS = [
    (ALL, "pub/firefox/releases/58.0/win64/fr/", True),
    (ALL, "pub/firefox/releases/58.0/update/", False),
    (ALL, "pub/firefox/nightly/2011/", True),
    (FENNEC, "pub/", True),
    (FENNEC, "pub/mobile/", True),
    (FENNEC, "pub/firefox/", False),
    (VERSION, "pub/firefox/candidates/", True),
    (VERSION, "pub/firefox/candidates/58.0-candidates/build6/win64/fr/", True),
    (VERSION, "pub/firefox/releases/58.0/", True),
    (VERSION, "pub/firefox/releases/58.0-funnelcake134/", True),
    (VERSION, "pub/firefox/releases/58.0rc2/", True),
    (VERSION, "pub/firefox/releases/58.0.1/", False),
    (VERSION, "pub/firefox/nightly/", False),
    (ATTEMPT, "pub/firefox/candidates/58.0-candidates/", True),
    (MAY, "pub/firefox/releases/58.0/", True),
    (MAY, "pub/firefox/nightly/2023/", False),
    (MAY, "pub/firefox/nightly/2024/04/", False),
    (MAY, "pub/firefox/nightly/2024/05/2024-05-08-09-00-00-mozilla-central-l10n/", True),
    (MAY, "pub/firefox/nightly/2024/05/2024-05-06-09-00-00-mozilla-central-l10n/", False),
    (BEFORE_THE_MOVE, "pub/firefox/nightly/2011/", True),
]


@pytest.mark.parametrize(("scope", "folder", "looks"), FOLDERS)
def test_an_audit_looks_at_what_it_is_about(scope: Scope, folder: str, looks: bool) -> None:
    assert Seen(scope).looks_at(folder) == looks


def test_what_is_passed_by_is_not_looked_at() -> None:
    seen = Seen(ALL)
    seen.pass_by("pub/firefox/releases/58.0/")
    assert not seen.looks_at("pub/firefox/releases/58.0/win64/fr/")
    assert seen.looks_at("pub/firefox/releases/58.0.1/win64/fr/")


UNITS = [
    ("pub/", ()),
    ("pub/firefox/", ("firefox",)),
    ("pub/mobile/", ("fennec",)),
    ("pub/firefox/releases/", ("firefox", "versions")),
    ("pub/firefox/candidates/", ("firefox", "versions")),
    ("pub/firefox/candidates/58.0-candidates/build6/", ("firefox", "versions", "58.0")),
    ("pub/firefox/releases/58.0/win64/fr/a.exe", ("firefox", "versions", "58.0")),
    ("pub/firefox/releases/1.0rc2/", ("firefox", "versions", "1.0")),
    ("pub/firefox/releases/58.0-funnelcake134/v2/", ("firefox", "versions", "58.0")),
    ("pub/firefox/nightly/", ("firefox", "nightly")),
    ("pub/firefox/nightly/2018/03/2018-03-01-x/a.exe", ("firefox", "nightly", "2018", "03")),
    ("pub/labs/", ()),
    ("elsewhere", ()),
]


@pytest.mark.parametrize(("path", "unit"), UNITS)
def test_builds_with_one_record_id_lie_in_one_unit(path: str, unit: tuple[str, ...]) -> None:
    assert unit_of(path) == unit


BUILD = "pub/firefox/releases/58.0/win64/fr/Firefox Setup 58.0.exe"
NIGHTLY = "pub/firefox/nightly/2018/03/2018-03-01-22-00-00-mozilla-central/firefox-60.0a1.dmg"

HIDDEN = [
    pytest.param("pub/firefox/releases/58.0/win64/", {BUILD}, id="its-own-folder-s-parent"),
    pytest.param("pub/firefox/candidates/58.0-candidates/", {BUILD}, id="conflicts-of-the-version"),
    pytest.param("pub/firefox/releases/58.0.1/", set(), id="another-version"),
    pytest.param("pub/firefox/releases/", {BUILD}, id="all-versions"),
    pytest.param("pub/firefox/nightly/2018/03/2018-03-02-x/", {NIGHTLY}, id="the-month"),
    pytest.param("pub/firefox/nightly/2018/", {NIGHTLY}, id="the-year"),
    pytest.param("pub/firefox/nightly/2018/04/", set(), id="another-month"),
    pytest.param("pub/firefox/", {BUILD, NIGHTLY}, id="the-product"),
    pytest.param("pub/mobile/", set(), id="another-product"),
    pytest.param("pub/", {BUILD, NIGHTLY}, id="the-root"),
]


@pytest.mark.parametrize(("missed", "hidden"), HIDDEN)
def test_builds_may_hide_below_what_nobody_saw_and_nowhere_else(
    missed: str, hidden: set[str]
) -> None:
    seen = Seen(ALL)
    seen.miss(missed)
    assert {path for path in (BUILD, NIGHTLY) if seen.may_hide(path)} == hidden
    assert seen.may_hide_any_of("firefox") == ("mobile" not in missed)


def test_a_narrowed_audit_cannot_tell_of_all_of_a_product() -> None:
    assert not Seen(ALL).may_hide_any_of("firefox")
    assert Seen(VERSION).may_hide_any_of("firefox")
    assert not Seen(FENNEC).may_hide_any_of("fennec")
