"""Sizes of the archive: a smaller one is always a part of a larger one.

Everything is cut into steps, such as "56.0b12 in its main locales" and "all its other locales".
The steps have one fixed order, which spreads them over products and years. A size takes the first
steps, up to about the wanted number of builds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from buildhub_sample_archive import made_up
from buildhub_sample_archive.builds import nightlies, releases
from buildhub_sample_archive.builds.history import Release
from buildhub_sample_archive.builds.history import releases as all_releases
from buildhub_sample_archive.builds.nightlies import Run
from buildhub_sample_archive.builds.releases import Selection

SIZES = {"tiny": 2_000, "default": 25_000}
"""Approximate number of builds of the named sizes; ``full`` has all."""

MAIN_LOCALES = ("de", "en-US", "fr", "ja", "ja-JP-mac")

SHOWN_IN_FULL = ("firefox 53.0b9", "firefox 56.0b12")
"""The default size has every locale and platform of these."""

DOCUMENTED = (
    "firefox 50.0",
    "firefox 50.0b11",
    "firefox 52.0b6",
    "firefox 52.0esr",
    "firefox 53.0",
    "firefox 54.0",
    "thunderbird 52.0.1",
)
"""Versions in the documentation's examples, besides those shown in full."""

SHOWN_ALWAYS = (
    *SHOWN_IN_FULL,
    *DOCUMENTED,
    "devedition 54.0b12",
    "devedition 59.0b1",  # Eleven candidates: build11 follows build9, not build1.
    "fennec 4.0b5",
    "fennec 57.0",
    "fennec 68.11.0",
    "firefox 1.0",
    "firefox 1.0rc2",
    "firefox 1.5",
    "firefox 3.5.9",
    "firefox 4.0b12",
    "firefox 45.0",
    "firefox 60.2.0esr",
    "firefox 89.0",
    "firefox 126.0",
    "fenix 108.1.1",
    "fenix 126.0",
    "focus 126.0",
    "klar 126.0",
    "thunderbird-android 22.0",
    "vpn 2.39.0",
    "thunderbird 31.0",
    "thunderbird 56.0b4",  # Fourteen candidates.
    "thunderbird 115.8.0",
)
"""Every size has these in the main locales."""

_FULL_LEVEL = 3
_WHOLE_RELEASES_ORDER = 0.02
"""Position of the releases that are shown in full: after some main locales of every year."""

Thing = TypeVar("Thing", Release, Run)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a larger size adds: a release or a nightly run, up to a level.

    Levels of a release: 1, in the main locales, and its candidates in en-US for the metadata; 2, in
    all locales; 3, its candidates in all locales. Levels of a run: 1, en-US; 2, the main locales
    too; 3, all locales.
    """

    order: tuple[float, int]
    key: str
    level: int
    builds: int


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """Which part of each release and each run one size has.

    Attributes:
        name: as it was asked for.
        levels: by the key of release or run; None for everything.
        builds: approximate number, including those that lose a conflict, without quirks.
    """

    name: str
    levels: dict[str, int] | None
    builds: int

    def has(self, thing: Release | Run) -> bool:
        """Return whether this size has any part of *thing*."""
        return self.levels is None or thing.key in self.levels

    def selection(self, release: Release) -> Selection:
        """Return the locales of *release* at this size."""
        level = _FULL_LEVEL if self.levels is None else self.levels.get(release.key, 0)
        return _selection(release, level)

    def run_locales(self, run: Run) -> tuple[str, ...]:
        """Return the locales of *run* at this size, besides en-US."""
        return _run_locales(run, _FULL_LEVEL if self.levels is None else self.levels[run.key])


@lru_cache(maxsize=8)
def size_of(size: str | int) -> Size:
    """Return the *size* named ``tiny``, ``default``, ``full``, or by a number of builds.

    Raises:
        ValueError: neither a name nor a positive number.
    """
    text = str(size)
    if text == "full":
        return Size(text, None, sum(step.builds for step in steps()))
    wanted = SIZES.get(text) or (int(text) if text.isdecimal() else 0)
    if wanted <= 0:
        names = ", ".join((*SIZES, "full"))
        raise ValueError(f"size {text!r} of the sample archive: expected {names} or a number")
    levels: dict[str, int] = {}
    builds = 0
    for step in steps():
        if step.order[0] > 0 and builds + step.builds > wanted:
            break
        builds += step.builds
        levels[step.key] = max(step.level, levels.get(step.key, 0))
    return Size(text, levels, builds)


@cache
def steps() -> tuple[Step, ...]:
    """Return all steps in the order in which sizes take them."""
    found = [*_release_steps(), *_run_steps()]
    return tuple(sorted(found, key=lambda step: (step.order, step.key, step.level)))


def _run_locales(run: Run, level: int) -> tuple[str, ...]:
    locales = nightlies.locales_of(run) if level > 1 else ()
    return locales if level >= _FULL_LEVEL else tuple(x for x in locales if x in MAIN_LOCALES)


def _selection(release: Release, level: int) -> Selection:
    main = tuple(locale for locale in release.locales if locale in MAIN_LOCALES)
    shipped = release.locales if level > 1 else main if level else ()
    candidates = release.locales if level >= _FULL_LEVEL else ("en-US",) if level else ()
    return Selection(shipped, candidates)


def _release_steps() -> Iterator[Step]:
    shares = _spread(list(all_releases()), lambda r: (r.product, r.day.year))
    for release, _, share in shares:
        done = 0
        for level in (1, 2, 3):
            selection = _selection(release, level)
            builds = releases.count_builds(release, selection.locales)
            if releases.has_candidates(release):
                each = releases.count_builds(release, selection.candidate_locales)
                builds += each * release.attempts
            yield Step(_release_order(release, share, level), release.key, level, builds - done)
            done = builds


def _release_order(release: Release, share: float, level: int) -> tuple[float, int]:
    """Return the sort key of a step: the smallest size first, whole releases among the rest."""
    if release.key in SHOWN_ALWAYS and level == 1:
        return (0, 0)
    if release.key in SHOWN_IN_FULL and level == 2:
        return (_WHOLE_RELEASES_ORDER, 0)
    return (0.001 + share * (1, 6, 12)[level - 1], made_up.number(release.key) % 1000)


def _run_steps() -> Iterator[Step]:
    shares = _spread(
        list(nightlies.runs()),
        lambda run: (run.branch.product, run.branch.name, run.month[0], run.keeps_locales),
    )
    for run, is_first, share in shares:
        done = 0
        for level in (1, 2, 3) if run.keeps_locales else (1,):
            builds = nightlies.count_builds(run, _run_locales(run, level))
            yield Step(_run_order(is_first, share, level), run.key, level, builds - done)
            done = builds


def _run_order(is_first: bool, share: float, level: int) -> tuple[float, int]:
    if is_first and level < _FULL_LEVEL:
        return (0, level)
    return (0.001 + share * (3, 3, 12)[level - 1], level)


def _spread(
    things: list[Thing], group_of: Callable[[Thing], object]
) -> Iterator[tuple[Thing, bool, float]]:
    """Yield first one thing of each group, then another of each, and so on.

    With each comes whether it is the first of its group, and its share of the way, 0 to 1.
    """
    groups: dict[object, list[Thing]] = defaultdict(list)
    for thing in things:
        groups[group_of(thing)].append(thing)
    ordered: list[tuple[int, int, str, Thing]] = []
    for group in groups.values():
        shuffled = sorted(group, key=lambda thing: made_up.number(thing.key))
        ordered += [(n, made_up.number(t.key), t.key, t) for n, t in enumerate(shuffled)]
    for place, (place_in_group, *_, thing) in enumerate(sorted(ordered)):
        yield thing, place_in_group == 0, place / len(ordered)
