"""Which folders an audit of the listings looks at, and where builds may hide from it."""

import pytest
from buildhub.audit.visited import Seen, unit_of
from buildhub.walk.scope import Scope
from buildhub_schema.products import PRODUCT_NAMES

ALL = Scope(frozenset(PRODUCT_NAMES))
FENNEC = Scope(frozenset({"fennec"}))
VERSION = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0"}))


def test_finished_branches_and_what_is_out_of_scope_are_not_looked_at() -> None:
    seen = Seen(FENNEC)
    assert not seen.looks_at("pub/firefox/releases/58.0/win64/fr/")
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
