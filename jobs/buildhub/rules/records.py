"""Builds a record from a build, its entry and its metadata."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from buildhub_schema.products import PRODUCTS_BY_NAME, BuildIdSource

from buildhub.rules.build import Build
from buildhub.rules.entry import Entry
from buildhub.rules.folders import folder_digits
from buildhub.rules.metadata import Metadata

_NO_METADATA = Metadata()

# Channels in records. Other values in metadata (`default`, `nightly-ux`, those of partners) are
# settings of single builds, not channels that users follow; then the path decides.
CHANNELS = frozenset(
    channel + suffix
    for channel in ("release", "beta", "aurora", "nightly", "esr")
    for suffix in ("", "-old-id")
)

_RFC3339 = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS

_HG_HOST = "hg.mozilla.org/"


def build_record(
    build: Build,
    entry: Entry,
    metadata: Metadata | None,
    *,
    archive_url: str,
    candidate_number: int | None,
) -> dict[str, Any]:
    """Return the record of *build*, its keys in the documented order.

    Args:
        build: parsed from the path.
        entry: of the file, with a known size.
        metadata: None if there is none; the record then has fewer fields.
        archive_url: of the archive's root, which contains ``pub/``.
        candidate_number: of the candidate that became a release, None if unknown.

    Raises:
        ValueError: the entry's size is not known; names the path.
    """
    record_id, locale, url, size, date = own_values(build, entry, archive_url)
    known = metadata or _NO_METADATA
    number = build.candidate_number or candidate_number
    is_build_id = has_numbers_as_build_ids(build)
    build_id = known.build_id or (_text(number) if is_build_id else _folder_build_id(build))
    built = _present(
        id=build_id,
        date=_build_date(build_id),
        number=None if is_build_id else number,
        **{"as": known.as_},
        ld=known.ld,
        cc=known.cc,
        cxx=known.cxx,
        host=known.host,
        target=known.target,
    )
    return {
        "id": record_id,
        "source": _present(
            product=build.product,
            tree=_tree(known.repository),
            revision=known.revision,
            repository=known.repository,
        ),
        "target": {
            "version": build.version,
            "locale": locale,
            "channel": _channel(build, known),
            "platform": build.platform,
            "os": build.os,
            **_present(candidate=build.candidate_number),
        },
        **({"build": built} if built else {}),
        "download": {
            "url": url,
            "size": size,
            "mimetype": build.mimetype,
            "date": date,
            **known_of_file(entry),
        },
    }


def known_of_file(entry: Entry) -> dict[str, str]:
    """Return the optional fields of ``download``; only some sources of entries know them."""
    expires = None if entry.expires is None else _rfc3339(entry.expires)
    return _present(md5=entry.md5, expires=expires)


def own_values(build: Build, entry: Entry, archive_url: str) -> tuple[str, str, str, int, str]:
    """Return the values of a record that differ between the locales of a build.

    The arguments are those of :func:`build_record`.

    Returns:
        ID, locale, URL, size in bytes, and date.

    Raises:
        ValueError: the entry's size is not known; names the path.
    """
    if entry.size is None:
        raise ValueError(f"{entry.path}: a record needs the exact size, which is unknown")
    return (
        build.record_id,
        build.locale,
        f"{archive_url.rstrip('/')}/{build.path}",
        entry.size,
        _rfc3339(entry.modified),
    )


def is_complete(record: dict[str, Any]) -> bool:
    """Return whether the record has a build ID, which most users search for."""
    return "id" in record.get("build", {})


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _channel(build: Build, metadata: Metadata) -> str:
    if metadata.channel in CHANNELS:
        return metadata.channel
    return "esr" if is_esr_candidate(build) else build.channel


def is_esr_candidate(build: Build) -> bool:
    """Return whether this is a candidate of an ESR, which only its version shows."""
    return build.candidate_number is not None and build.base_version.endswith("esr")


def _tree(repository: str | None) -> str | None:
    """Return the branch: the path of the repository, or its whole URL if on another host."""
    if repository is None:
        return None
    return repository.partition(_HG_HOST)[2] or repository


def has_numbers_as_build_ids(build: Build) -> bool:
    """Return whether the candidates of the product are numbered by build ID."""
    return PRODUCTS_BY_NAME[build.product].build_id_source is BuildIdSource.CANDIDATES_FOLDER


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _folder_build_id(build: Build) -> str | None:
    return None if build.nightly_folder is None else folder_digits(build.nightly_folder)


@lru_cache(maxsize=8192)
def _build_date(build_id: str | None) -> str | None:
    """Return the date and time in a build ID, as UTC; None if it has none.

    Until about 2017 build IDs are in the time of California. Nothing in the ID shows that, so
    nothing is converted, and dates until then are up to eight hours early.
    """
    if build_id is None:
        return None
    digits = build_id[:_LONGEST_DATE]
    cuts = _DATE_CUTS.get(len(digits))
    if cuts is None:
        return None
    try:
        return _rfc3339(datetime(*[int(digits[cut]) for cut in cuts], tzinfo=UTC))  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def _rfc3339(moment: datetime) -> str:
    # Takes a fifth of the time of `isoformat`.
    return orjson.dumps(moment.astimezone(UTC), option=_RFC3339)[1:-1].decode()


# Where a build ID has year, month, day, hour, minute and second, by its length. With twelve digits,
# minute and second have one digit each, as in the records that have always been published.
_TO_THE_HOUR = (slice(0, 4), slice(4, 6), slice(6, 8), slice(8, 10))
_DATE_CUTS = {
    14: (*_TO_THE_HOUR, slice(10, 12), slice(12, 14)),
    12: (*_TO_THE_HOUR, slice(10, 11), slice(11, 12)),
    10: _TO_THE_HOUR,
}
_LONGEST_DATE = 14
