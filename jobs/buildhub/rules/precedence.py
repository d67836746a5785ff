"""Which of two builds gets a record ID when the archive holds two with the same one: a conflict.

The rules are the table ``RULES``, applied from first to last: the build with the smaller
``preference`` wins. That order is total, so the winner does not depend on the order in which builds
are found. Most builds are *preferred*: no other build can win against them, so a job may publish
them at once. The few others are deferred until all builds in the conflict are known.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildhub.rules.build import Build
from buildhub.rules.canonical_path import canonical_path
from buildhub.rules.files import PACKAGINGS


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the build with the smaller key wins; *sentence* says why."""

    sentence: str
    key: Callable[[Build], Any]


_EXTENSIONS = tuple(packaging.extension for packaging in PACKAGINGS)
_FLAT_SLASHES = "pub/firefox/releases/1.0rc2/….tar.gz".count("/")
_PART_NUMBER = re.compile(r"/(?:v|funnelcake)([0-9]{1,4})/")


def _extension_rank(build: Build) -> int:
    return next(rank for rank, each in enumerate(_EXTENSIONS) if build.path.endswith(each))


def _part_number(build: Build) -> int:
    """Return the number in the name of a funnelcake's own folder, 0 without one."""
    found = _PART_NUMBER.search(build.path)
    return int(found[1]) if found else 0


_CANONICAL = Rule(
    "it lies at the canonical path of this ID",
    lambda build: build.path != canonical_path(build),
)

RULES: tuple[Rule, ...] = (
    _CANONICAL,
    Rule(
        "a release candidate in releases/ comes before a candidate of the final version",
        lambda build: build.candidate_number is not None,
    ),
    Rule(
        "the dated folder comes before the copy in its -l10n folder",
        lambda build: "-l10n" in (build.nightly_folder or ""),
    ),
    Rule(
        "the dated folder with the shorter name holds the main build of a run",
        lambda build: len(build.nightly_folder or ""),
    ),
    Rule(
        "a build in the folder of its locale comes before one in the folder of the version",
        lambda build: build.path.count("/") == _FLAT_SLASHES,
    ),
    Rule(
        "a build in the version's own folders comes before one in a deeper folder",
        lambda build: build.path.count("/"),
    ),
    Rule(
        "of a funnelcake's own folders, the one with the higher number is newer",
        lambda build: -_part_number(build),
    ),
    Rule(
        "the plain archive comes before the one that contains an installer",
        lambda build: ".installer.tar." in build.path,
    ),
    Rule(
        "file extensions are preferred in this order: " + " ".join(_EXTENSIONS),
        _extension_rank,
    ),
    Rule("the shorter path comes first", lambda build: len(build.path)),
    Rule("the path that sorts first comes first", lambda build: build.path),
)


def preference(build: Build) -> tuple[Any, ...]:
    """Return the sort key: of builds with the same record ID the smallest wins. Never equal."""
    return tuple(rule.key(build) for rule in RULES)


def is_preferred(build: Build) -> bool:
    """Return whether no build at another path can win against this one.

    All builds with the same record ID have the same canonical path, so at most one lies there.
    """
    return not _CANONICAL.key(build)


def why_preferred(winner: Build, loser: Build) -> str:
    """Return the rule by which *winner* gets the ID, as a sentence for reports.

    That a build lies at the canonical path says little; a more specific rule that agrees is
    returned instead.
    """
    for rule in (*RULES[1:], _CANONICAL):
        ours, theirs = rule.key(winner), rule.key(loser)
        if ours != theirs:
            return rule.sentence if ours < theirs else _CANONICAL.sentence
    raise ValueError(f"{winner.path} cannot conflict with itself")
