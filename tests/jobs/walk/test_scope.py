"""Which folders and versions are in the scope of a run."""

from datetime import date

import pytest
from buildhub.walk.scope import Scope, plain_version
from buildhub_schema.products import PRODUCT_NAMES

ALL = Scope(frozenset(PRODUCT_NAMES))
FENNEC = Scope(frozenset({"fennec"}))
VERSION = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0"}))
ATTEMPT = Scope(frozenset(PRODUCT_NAMES), versions=frozenset({"58.0rc6"}))
SINCE = Scope(frozenset(PRODUCT_NAMES), since=date(2024, 5, 10))
BEFORE_THE_REWRITE = Scope(frozenset(PRODUCT_NAMES), since=date(2015, 10, 21))

FOLDERS = [
    (ALL, "pub/firefox/releases/58.0/win64/fr/", True),
    (ALL, "pub/firefox/releases/58.0/update/", False),
    (ALL, "pub/firefox/releases/latest/", False),
    (ALL, "pub/firefox/nightly/2011/", True),
    (FENNEC, "pub/", True),
    (FENNEC, "pub/mobile/", True),
    (FENNEC, "pub/firefox/", False),
    (VERSION, "pub/firefox/candidates/", True),
    (VERSION, "pub/firefox/candidates/58.0-candidates/build6/win64/fr/", True),
    (VERSION, "pub/firefox/releases/", True),
    (VERSION, "pub/firefox/releases/58.0/", True),
    (VERSION, "pub/firefox/releases/58.0/win64/fr/", True),
    (VERSION, "pub/firefox/releases/58.0-funnelcake134/", True),
    (VERSION, "pub/firefox/releases/58.0rc2/", True),
    (VERSION, "pub/firefox/releases/58.0.1/", False),
    (VERSION, "pub/firefox/nightly/", False),
    (ATTEMPT, "pub/firefox/candidates/58.0-candidates/", True),
    (SINCE, "pub/firefox/releases/58.0/", True),
    (SINCE, "pub/firefox/nightly/2023/", False),
    (SINCE, "pub/firefox/nightly/2024/", True),
    (SINCE, "pub/firefox/nightly/2024/04/", False),
    (SINCE, "pub/firefox/nightly/2024/05/", True),
    # Repacks in other languages are written up to three days after the day of their folder.
    (SINCE, "pub/firefox/nightly/2024/05/2024-05-08-09-00-00-mozilla-central-l10n/", True),
    (SINCE, "pub/firefox/nightly/2024/05/2024-05-06-09-00-00-mozilla-central-l10n/", False),
    (BEFORE_THE_REWRITE, "pub/firefox/nightly/2011/", True),
]


@pytest.mark.parametrize(("scope", "folder", "enters"), FOLDERS)
def test_a_run_enters_the_folders_in_scope(scope: Scope, folder: str, enters: bool) -> None:
    assert scope.enters(folder) == enters


@pytest.mark.parametrize(
    ("scope", "version", "is_wanted"),
    [
        (ALL, "58.0", True),
        (VERSION, "58.0", True),
        (VERSION, "58.0rc6", True),
        (VERSION, "58.0-funnelcake134", True),
        (VERSION, "58.0.1", False),
        (ATTEMPT, "58.0rc6", True),
        (ATTEMPT, "58.0", False),
    ],
)
def test_a_version_is_in_scope_with_its_attempts(
    scope: Scope, version: str, is_wanted: bool
) -> None:
    assert scope.wants_version(version) == is_wanted


def test_attempts_and_funnelcakes_belong_to_a_version() -> None:
    assert plain_version("58.0rc6-funnelcake134") == plain_version("58.0") == "58.0"
    assert plain_version("58.0b6") == "58.0b6"
