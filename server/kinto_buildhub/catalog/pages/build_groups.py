"""The records of one build ID in groups, as people ask for them; pure functions on records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any

from buildhub_schema.products import product_title
from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.pages.records import field_text, field_value, is_candidate
from kinto_buildhub.catalog.pages.source_links import source_link

Record = Mapping[str, Any]

# The builds that are made first, from which those in other languages follow.
_FIRST_LOCALES = ("en-US", "multi")


class Verdict(Enum):
    """Whether a build ID is official."""

    SHIPPED = "shipped"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class PlatformBuilds:
    """The builds for one platform, by locale: those in English first."""

    platform: str
    records: tuple[Record, ...]

    @property
    def locales(self) -> tuple[str, ...]:
        """Their languages."""
        return tuple(field_text(record, "target.locale") for record in self.records)


@dataclass(frozen=True, slots=True)
class BuildGroup:
    """The builds of one version of a product.

    Attributes:
        candidate_number: of a release candidate, None for other builds.
        is_candidate: the builds were staged; the number may not be known.
    """

    product: str
    channel: str
    version: str
    is_candidate: bool
    candidate_number: int | None
    platforms: tuple[PlatformBuilds, ...]

    @property
    def total(self) -> int:
        """Number of builds."""
        return sum(len(each.records) for each in self.platforms)

    @property
    def size_bytes(self) -> int:
        """Size of all files."""
        return sum(total_size_bytes(each.records) for each in self.platforms)


@dataclass(frozen=True, slots=True)
class Source:
    """A revision that builds were made from, and the page that shows it, if there is one."""

    repository: str
    revision: str
    tree: str
    url: str | None


def group_builds(records: Iterable[Record]) -> tuple[BuildGroup, ...]:
    """Return the groups: what was shipped first, then by product, newest version first."""
    ordered = sorted(records, key=_group_key)
    groups = [_read_group(list(members)) for _, members in groupby(ordered, _group_key)]
    # Sorts are stable, so the order that matters most comes last.
    groups.sort(key=lambda group: version_order(group.version), reverse=True)
    groups.sort(key=lambda group: (group.is_candidate, group.product, group.channel))
    return tuple(groups)


def find_sources(records: Iterable[Record]) -> tuple[Source, ...]:
    """Return what the builds were made from, each once; nearly always it is one revision."""
    found = {
        tuple(field_text(record, f"source.{name}") for name in ("repository", "revision", "tree"))
        for record in records
    }
    return tuple(
        Source(repository, revision, tree, source_link(repository, revision))
        for repository, revision, tree in sorted(found)
        if repository or revision or tree
    )


def judge(groups: Sequence[BuildGroup]) -> tuple[Verdict, str]:
    """Return whether builds are official, and a sentence that says it.

    Args:
        groups: at least one.
    """
    shipped = [group for group in groups if not group.is_candidate]
    names = ", ".join(_name(group) for group in shipped or groups)
    if shipped:
        return Verdict.SHIPPED, f"Yes, it was published: {names}."
    return (
        Verdict.CANDIDATE,
        f"Only a candidate: it was staged as {names}, and no published build has this ID.",
    )


def total_size_bytes(records: Iterable[Record]) -> int:
    """Return the size of all files whose size is known."""
    sizes = (field_value(record, "download.size") for record in records)
    return sum(size for size in sizes if isinstance(size, int))


def _name(group: BuildGroup) -> str:
    return f"{product_title(group.product)} {group.version} ({group.channel})"


def _group_key(record: Record) -> tuple[str, str, str, bool]:
    product, channel, version = (
        field_text(record, name) for name in ("source.product", "target.channel", "target.version")
    )
    return product, channel, version, is_candidate(record)


def _read_group(records: list[Record]) -> BuildGroup:
    product, channel, version, candidate = _group_key(records[0])
    number = field_value(records[0], "target.candidate")
    return BuildGroup(
        product, channel, version, candidate, number, tuple(_group_platforms(records))
    )


def _group_platforms(records: Iterable[Record]) -> Iterable[PlatformBuilds]:
    def platform(record: Record) -> str:
        return field_text(record, "target.platform")

    for name, members in groupby(sorted(records, key=platform), platform):
        yield PlatformBuilds(name, tuple(sorted(members, key=_locale_order)))


def _locale_order(record: Record) -> tuple[bool, str, str]:
    locale = field_text(record, "target.locale")
    return locale not in _FIRST_LOCALES, locale.lower(), str(record.get("id"))
