"""What the newest build is asked of, and which builds match it."""

from dataclasses import dataclass
from datetime import datetime

from kinto_buildhub.catalog.search_state.clauses import any_of, equals, equals_any, exists, in_range
from kinto_buildhub.catalog.search_state.terms import Clause

FIELDS = {
    "product": "source.product",
    "channel": "target.channel",
    "platform": "target.platform",
    "locale": "target.locale",
}
"""The field of records that each part of an address is about, in the order of the parts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the newest build is asked of.

    Attributes:
        product, channel, platform, locale: as in records; "" for all of them.
        before: it was built before this moment; None for no bound.
        versions: only these; empty for all.
        alias: of the channel, as it was asked for; "" if that is its name.
    """

    product: str = ""
    channel: str = ""
    platform: str = ""
    locale: str = ""
    before: datetime | None = None
    versions: tuple[str, ...] = ()
    alias: str = ""

    def title(self) -> str:
        """Return the names that are given, that of the channel as it was asked for."""
        names = (self.product, self.alias or self.channel, self.platform, self.locale)
        return " ".join(filter(None, names))

    def named(self) -> dict[str, str]:
        """Return the values that are given, by field."""
        return {field: value for part, field in FIELDS.items() if (value := getattr(self, part))}

    def filters(self) -> list[Clause]:
        """Return the clauses that its builds match."""
        found = [equals(field, value) for field, value in self.named().items()]
        if self.before:
            found.append(_built_before(self.before))
        if self.versions:
            found.append(equals_any("target.version", self.versions))
        return found


def _built_before(moment: datetime) -> Clause:
    """Match by build ID; what has none, by the time when its file was written."""
    # What was built within a second is before a part of it.
    bound = f"{moment:%Y%m%d%H%M%S}{'~' if moment.microsecond else ''}"
    written = in_range("download.date", lt=moment.isoformat())
    no_id = {"bool": {"must_not": [exists("build.id")], "filter": [written]}}
    return any_of([in_range("build.id", lt=bound), no_id])
