"""Which builds an audit is about."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from buildhub_schema.products import PRODUCT_NAMES

from buildhub.rules.build_file import BuildFile
from buildhub.rules.paths import CANDIDATES_SUFFIX
from buildhub.walk.scope import OPEN_FOR, Narrowed

_ATTEMPT = re.compile(r"(?:rc[0-9]+)?(?:-funnelcake[0-9]+)?$")

# Until this day all files were written anew: their dates do not tell when they were built.
_LAST_MOVE = date(2015, 10, 21)


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for; the attributes narrow as those of a walk do.

    Attributes:
        products: in a record's spelling.
        versions: the only ones to look at, with their candidates and funnelcakes; nightlies are
            left out then. Empty means all.
        since: look at builds whose files are of this day or younger.
    """

    products: frozenset[str]
    versions: frozenset[str] = frozenset()
    since: date | None = None

    @property
    def is_narrow(self) -> bool:
        """Tell whether there are builds that the audit is not about."""
        return bool(self.query()) or bool(self.versions)

    def wants(self, each: BuildFile) -> bool:
        """Return whether the audit is about a build of the archive."""
        build, day = each.build, each.entry.modified
        return (
            build.product in self.products
            and self._wants_version(build.version, build.nightly_folder is not None)
            and (self.since is None or day >= midnight(self.since))
        )

    def wants_record(self, record: dict[str, Any]) -> bool:
        """Return whether the audit is about a record of the catalogue, as it tells of itself."""
        if not self.is_narrow:
            return True
        product, target = field(record, "source", "product"), "target"
        is_nightly = "nightly" in field(record, target, "channel")
        return (
            product in self.products
            and self._wants_version(field(record, target, "version"), is_nightly)
            and (self.since is None or day_of(record) >= self.since.isoformat())
        )

    def wants_shipped(self, product: str, version: str, day: str) -> bool:
        """Return whether the audit is about a version that shipped on *day*."""
        return (
            product in self.products
            and self._wants_version(version, is_nightly=False)
            and (self.since is None or day >= self.since.isoformat())
        )

    def enters(self, folder: str) -> bool:
        """Return whether a build that the audit is about can lie in *folder*, or below it."""
        if not self._narrowed().enters(folder):
            return False
        names = folder.rstrip("/").split("/")
        if not self.versions or len(names) < 3:
            return True
        if names[2] == "nightly":
            return False
        wanted = {plain_version(version) for version in self.versions}
        return len(names) < 4 or plain_version(names[3].removesuffix(CANDIDATES_SUFFIX)) in wanted

    def _narrowed(self) -> Narrowed:
        since = self.since
        if since is not None:
            # Repacks in other languages are written later than their folder is named.
            since = None if since <= _LAST_MOVE else since - OPEN_FOR["nightly"]
        return Narrowed(self.products, since=since)

    def query(self) -> dict[str, str]:
        """Return filters for the server: what they leave out is outside, not all else is inside."""
        found = {}
        if self.products != frozenset(PRODUCT_NAMES):
            found["in_source.product"] = ",".join(sorted(self.products))
        if self.since is not None:
            found["min_download.date"] = self.since.isoformat()
        return found

    def _wants_version(self, version: str, is_nightly: bool) -> bool:
        if not self.versions:
            return True
        return not is_nightly and (
            version in self.versions or plain_version(version) in self.versions
        )


def plain_version(version: str) -> str:
    """Return the version that attempts and funnelcakes are of: 58.0 of 58.0rc6-funnelcake134."""
    return _ATTEMPT.sub("", version)


def field(record: dict[str, Any], group: str, name: str) -> str:
    """Return a text of a record; empty where it is none."""
    inside = record.get(group)
    value = inside.get(name) if isinstance(inside, dict) else None
    return value if isinstance(value, str) else ""


def day_of(record: dict[str, Any]) -> str:
    """Return the day on which the archive's file was written, ``2017-09-15``."""
    return field(record, "download", "date")[:10]


def midnight(day: date) -> datetime:
    """Return the beginning of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
