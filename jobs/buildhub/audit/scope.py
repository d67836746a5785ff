"""Which builds, records and shipped versions are in the scope of an audit."""

from typing import Any

from buildhub_schema.products import PRODUCT_NAMES

from buildhub.rules.build_file import BuildFile
from buildhub.walk.scope import Scope, midnight


def is_partial(scope: Scope) -> bool:
    """Return whether there are builds out of scope."""
    return bool(server_filters(scope)) or bool(scope.versions)


def wants_build(scope: Scope, each: BuildFile) -> bool:
    """Return whether a build of the archive is in scope."""
    build, modified = each.build, each.entry.modified
    return (
        build.product in scope.products
        and _wants_version(scope, build.version, is_nightly=build.nightly_folder is not None)
        and (scope.since is None or modified >= midnight(scope.since))
    )


def wants_record(scope: Scope, record: dict[str, Any]) -> bool:
    """Return whether a record of the catalogue is in scope by its own fields."""
    if not is_partial(scope):
        return True
    is_nightly = "nightly" in text_of(record, "target", "channel")
    return (
        text_of(record, "source", "product") in scope.products
        and _wants_version(scope, text_of(record, "target", "version"), is_nightly=is_nightly)
        and (scope.since is None or day_of(record) >= scope.since.isoformat())
    )


def wants_shipped(scope: Scope, product: str, version: str, day: str) -> bool:
    """Return whether a version that shipped on *day* is in scope."""
    return (
        product in scope.products
        and scope.wants_version(version)
        and (scope.since is None or day >= scope.since.isoformat())
    )


def server_filters(scope: Scope) -> dict[str, str]:
    """Return the server's filters for *scope*: all that they exclude is out of scope.

    Not all that they let through is in scope.
    """
    filters = {}
    if scope.products != frozenset(PRODUCT_NAMES):
        filters["in_source.product"] = ",".join(sorted(scope.products))
    if scope.since is not None:
        filters["min_download.date"] = scope.since.isoformat()
    return filters


def text_of(record: dict[str, Any], group: str, name: str) -> str:
    """Return a field of a record; empty where it is not a string."""
    fields = record.get(group)
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def day_of(record: dict[str, Any]) -> str:
    """Return the day on which the archive's file was written, ``2017-09-15``."""
    return text_of(record, "download", "date")[:10]


def _wants_version(scope: Scope, version: str, *, is_nightly: bool) -> bool:
    return scope.wants_version(version) and not (is_nightly and scope.versions)
