"""Files that would take one ID: whoever comes first, the same one has it in the end."""

import asyncio
from itertools import permutations

import pytest
from buildhub.errors import DiskFailure
from buildhub.publish.deferred import (
    DeferredRecords,
    holders_in_stream,
    open_deferred,
    resolve_conflicts,
)
from buildhub.records.derive import Derived
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.precedence import preference

FOLDER = "pub/firefox/releases/1.5/linux-i686/pl"
PLAIN = f"{FOLDER}/firefox-1.5.tar.gz"
INSTALLER = f"{FOLDER}/firefox-1.5.installer.tar.gz"
BZIPPED = f"{FOLDER}/firefox-1.5.tar.bz2"
OTHER = "pub/firefox/releases/61.0/win64/it/Firefox Setup 61.0.exe"


def derived(path):
    build = parse_path(path)
    assert isinstance(build, Build)
    return Derived(build, path.encode() + b"\n")


def outcome(paths, holders=None):
    """Return what is published of *paths*, in that order, and who was left out for whom."""
    conflicts = []

    async def ask_table(builds):
        return {build.record_id: holders[build.record_id] for build in builds if holders}

    async def run():
        with open_deferred(remember=holders is None) as deferred:
            published = deferred.defer_unpreferred([derived(path) for path in paths])
            ask = holders_in_stream(deferred) if holders is None else ask_table
            async for lines in resolve_conflicts(deferred, ask, conflicts.append):
                published += lines
            return published

    lines = asyncio.run(run())
    return [line.decode().strip() for line in lines], {r.path: r.winner_path for r in conflicts}


@pytest.mark.parametrize("paths", [*permutations([PLAIN, INSTALLER, BZIPPED, OTHER])])
def test_in_any_order_the_preferred_file_is_published_alone(paths):
    published, conflicts = outcome(paths)
    assert set(published) == {PLAIN, OTHER}
    assert conflicts == {INSTALLER: PLAIN, BZIPPED: PLAIN}


@pytest.mark.parametrize("paths", [*permutations([INSTALLER, BZIPPED])])
def test_without_the_usual_file_the_best_of_the_others_is_published(paths):
    best, worse = sorted([INSTALLER, BZIPPED], key=lambda path: preference(parse_path(path)))
    assert outcome(paths) == ([best], {worse: best})


def test_what_the_server_has_wins_where_it_is_preferred():
    holder = parse_path(PLAIN)
    assert outcome([INSTALLER], {holder.record_id: holder}) == ([], {INSTALLER: PLAIN})


def test_what_won_before_is_published_again():
    holder = parse_path(INSTALLER)
    assert outcome([INSTALLER], {holder.record_id: holder}) == ([INSTALLER], {})


def test_what_the_server_has_gives_way_where_it_is_not_preferred():
    best, worse = sorted([INSTALLER, BZIPPED], key=lambda path: preference(parse_path(path)))
    holder = parse_path(worse)
    assert outcome([best], {holder.record_id: holder}) == ([best], {})


def test_a_file_that_is_told_of_twice_is_published_once():
    assert outcome([INSTALLER, INSTALLER]) == ([INSTALLER], {})


def test_a_disk_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(DiskFailure, match=f"{tmp_path}/nothing/x: .*TMPDIR"):
        DeferredRecords(tmp_path / "nothing" / "x")
