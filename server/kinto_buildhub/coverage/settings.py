"""The settings of coverage, ``kinto.buildhub.coverage_…``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buildhub_schema import BUCKET_ID, COLLECTION_ID

PREFIX = "buildhub.coverage_"

_COLLECTION = re.compile(r"[a-zA-Z0-9][\w-]*/[a-zA-Z0-9][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """The settings' values.

    Attributes:
        max_age_hours: so old may completeness be; None switches the heartbeat off.
        collections: those that the heartbeat is about, as bucket and collection.
    """

    max_age_hours: float | None
    collections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "max_age_hours",
        "",
        "The heartbeat says *degraded* when the catalogue is not known to be complete until so "
        "many hours ago. Without it the heartbeat does not mention coverage.",
    ),
    Setting(
        "collections",
        f"{BUCKET_ID}/{COLLECTION_ID}",
        "The catalogues that this is about, as ``bucket/collection``, with spaces between.",
    ),
)


def read_settings(settings: Mapping[str, Any], environ: Mapping[str, str]) -> CoverageSettings:
    """Read them: environment (``KINTO_BUILDHUB_COVERAGE_…``) over ini file over default.

    Raises:
        ValueError: a value does not parse, or a name under the prefix is unknown.
    """
    known = {PREFIX + setting.name for setting in SETTINGS}
    for name in settings:
        if name.startswith("buildhub.") and name not in known:
            raise ValueError(
                f"Unknown setting kinto.{name}; expected one of "
                + ", ".join(f"kinto.{each}" for each in sorted(known))
            )
    texts = {setting.name: _text(setting, settings, environ) for setting in SETTINGS}
    return CoverageSettings(_hours(texts["max_age_hours"]), _collections(texts["collections"]))


def settings_reference() -> str:
    """Return the table of the settings for the documentation, as reStructuredText."""
    rows = "".join(
        f"   * - ``kinto.{PREFIX}{each.name}``\n     - {each.default or 'none'}\n"
        f"     - {each.help}\n"
        for each in SETTINGS
    )
    return (
        ".. list-table::\n   :header-rows: 1\n   :widths: 40 20 40\n\n"
        f"   * - Setting\n     - Default\n     - Meaning\n{rows}"
    )


def _text(setting: Setting, settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    variable = f"KINTO_{PREFIX.replace('.', '_')}{setting.name}".upper()
    given = environ.get(variable, settings.get(PREFIX + setting.name, setting.default))
    # Kinto has read the value as JSON or as a list where it could.
    return " ".join(map(str, given)) if isinstance(given, list | tuple) else str(given)


def _hours(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours < float("inf"):
        message = f"kinto.{PREFIX}max_age_hours is {text!r}: expected a number of hours above 0"
        raise ValueError(message)
    return hours


def _collections(text: str) -> tuple[tuple[str, str], ...]:
    names = text.replace(",", " ").split()
    for name in names:
        if not _COLLECTION.fullmatch(name):
            raise ValueError(f"kinto.{PREFIX}collections: expected bucket/collection, got {name!r}")
    return tuple((name.partition("/")[0], name.partition("/")[2]) for name in names)
