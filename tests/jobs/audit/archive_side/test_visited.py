"""Which folders an audit of the listings visits, and which builds it may lack."""

import pytest
from buildhub.audit.archive_side.visited import VisitedFolders, unit_of
from buildhub.walk.scope import Scope
from buildhub_schema.products import PRODUCT_NAMES

ALL = Scope(frozenset(PRODUCT_NAMES))
FENNEC = Scope(frozenset({"fennec"}))
VERSION = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0"}))


def test_finished_branches_and_folders_out_of_scope_are_not_visited() -> None:
    visited = VisitedFolders(FENNEC)
    assert not visited.includes("pub/firefox/releases/58.0/win64/fr/")
    visited = VisitedFolders(ALL)
    visited.note_skipped("pub/firefox/releases/58.0/")
    assert not visited.includes("pub/firefox/releases/58.0/win64/fr/")
    assert visited.includes("pub/firefox/releases/58.0.1/win64/fr/")


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
    ("pub/thunderbird-mobile/", ("thunderbird-android",)),
    (
        "pub/thunderbird-mobile/android/releases/21.1/a.apk",
        ("thunderbird-android", "versions", "21.1"),
    ),
    ("pub/focus/nightly/2024/05/2024-05-20-x/", ("focus klar", "nightly", "2024", "05")),
    ("pub/labs/", ()),
    ("elsewhere", ()),
]


@pytest.mark.parametrize(("path", "unit"), UNITS)
def test_builds_with_one_record_id_lie_in_one_unit(path: str, unit: tuple[str, ...]) -> None:
    assert unit_of(path) == unit


BUILD = "pub/firefox/releases/58.0/win64/fr/Firefox Setup 58.0.exe"
NIGHTLY = "pub/firefox/nightly/2018/03/2018-03-01-22-00-00-mozilla-central/firefox-60.0a1.dmg"

LACKING = [
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


@pytest.mark.parametrize(("unread", "lacking"), LACKING)
def test_builds_may_be_lacking_below_unread_folders_and_nowhere_else(
    unread: str, lacking: set[str]
) -> None:
    visited = VisitedFolders(ALL)
    visited.note_unread(unread)
    assert {path for path in (BUILD, NIGHTLY) if visited.may_lack(path)} == lacking
    assert visited.may_lack_any_of("firefox") == ("mobile" not in unread)


def test_a_partial_audit_may_lack_builds_of_a_product() -> None:
    assert not VisitedFolders(ALL).may_lack_any_of("firefox")
    assert VisitedFolders(VERSION).may_lack_any_of("firefox")
    assert not VisitedFolders(FENNEC).may_lack_any_of("fennec")
