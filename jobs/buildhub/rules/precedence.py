"""Which of two builds has a record ID, where the archive holds two that would take it.

The rules are the table ``RULES``, from the first to the last; the winner is the build with the
smaller ``preference``. That order is total, so rivals leave the same winner in whatever order they
are met. Most builds are *first choices*: nothing can be preferred to them, so a job may publish
them at once. The few others have to wait until all their rivals are known.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildhub.rules.build import Build
from buildhub.rules.canonical_path import canonical_path


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the build with the smaller key wins, and *sentence* says why."""

    sentence: str
    key: Callable[[Build], Any]


_ENDINGS = (".exe", ".dmg", ".apk", ".tar.xz", ".tar.bz2", ".tar.gz", ".zip")
_FLAT_SLASHES = "pub/firefox/releases/1.0rc2/….tar.gz".count("/")
_PART_NUMBER = re.compile(r"/(?:v|funnelcake)([0-9]{1,4})/")


def _ending_place(build: Build) -> int:
    return next(place for place, ending in enumerate(_ENDINGS) if build.path.endswith(ending))


def _part_number(build: Build) -> int:
    """Return the number of a funnelcake's own folder, 0 without one."""
    found = _PART_NUMBER.search(build.path)
    return int(found[1]) if found else 0


_USUAL = Rule(
    "it lies where builds with this ID usually lie",
    lambda build: build.path != canonical_path(build),
)

RULES: tuple[Rule, ...] = (
    _USUAL,
    Rule(
        "a genuine release candidate in releases/ comes before an attempt at the final version",
        lambda build: build.candidate_number is not None,
    ),
    Rule(
        "the dated folder comes before the copy in the -l10n folder beside it",
        lambda build: "-l10n" in (build.nightly_folder or ""),
    ),
    Rule(
        "the dated folder with the shorter name holds the main build of a run",
        lambda build: len(build.nightly_folder or ""),
    ),
    Rule(
        "a build in folders for its platform and locale comes before one that lies flat",
        lambda build: build.path.count("/") == _FLAT_SLASHES,
    ),
    Rule(
        "a build in the version's own folders comes before one a folder deeper",
        lambda build: build.path.count("/"),
    ),
    Rule(
        "the higher number of a funnelcake's folders is the later attempt",
        lambda build: -_part_number(build),
    ),
    Rule(
        "the plain archive comes before the one with an installer in it",
        lambda build: ".installer.tar." in build.path,
    ),
    Rule(
        "packagings are preferred in this order: " + " ".join(_ENDINGS),
        _ending_place,
    ),
    Rule("the shorter name is the plainer one", lambda build: len(build.path)),
    Rule("of two equal ones the path that sorts first", lambda build: build.path),
)


def preference(build: Build) -> tuple[Any, ...]:
    """Return what to compare: of builds with one record ID the smallest wins. Never equal."""
    return tuple(rule.key(build) for rule in RULES)


def is_preferred(build: Build) -> bool:
    """Return whether no build at another path can be preferred to this one.

    All builds with one record ID have the same usual path, so one of them at most lies there.
    """
    return not _USUAL.key(build)


def why_preferred(winner: Build, loser: Build) -> str:
    """Return the rule by which *winner* has the ID, as a sentence for reports.

    That a build lies in the usual place is true and says little; where a more special rule agrees
    with it, that one is named.
    """
    for rule in (*RULES[1:], _USUAL):
        ours, theirs = rule.key(winner), rule.key(loser)
        if ours != theirs:
            return rule.sentence if ours < theirs else _USUAL.sentence
    raise ValueError(f"{winner.path} cannot be its own rival")
