"""The settings of the bulk endpoint, ``kinto.bulk.…``."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from pyramid.exceptions import ConfigurationError

PREFIX = "bulk."


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, a positive whole number."""

    name: str
    default: int
    help: str


SETTINGS = (
    Setting(
        "max_request_bytes",
        512 * 1024 * 1024,
        "Limit for the body of one request, in bytes, after decompression.",
    ),
    Setting(
        "max_line_bytes",
        1024 * 1024,
        "Limit for one line, in bytes. A longer one is answered as invalid.",
    ),
    Setting("batch_size", 1000, "Records that are written in one transaction."),
    Setting(
        "batch_bytes",
        4 * 1024 * 1024,
        "Bytes of lines after which a transaction is not made any larger.",
    ),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings' values; see `SETTINGS` for units."""

    max_request_bytes: int
    max_line_bytes: int
    batch_size: int
    batch_bytes: int

    @classmethod
    def read(cls, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Self:
        """Read the values: environment over settings over defaults.

        Raises:
            ConfigurationError: a value is not a positive number, or a name is unknown.
        """
        known = {setting.name for setting in SETTINGS}
        assert known == {field.name for field in fields(cls)}  # noqa: S101
        given = {name.removeprefix(PREFIX) for name in settings if name.startswith(PREFIX)}
        if unknown := given - known:
            raise ConfigurationError(
                f"unknown setting kinto.{PREFIX}{min(unknown)}: expected one of "
                + ", ".join(sorted(known))
            )
        return cls(**{setting.name: _read(setting, settings, environ) for setting in SETTINGS})


def _read(setting: Setting, settings: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    variable = f"KINTO_BULK_{setting.name.upper()}"
    name = f"kinto.{PREFIX}{setting.name}"
    if variable in environ:
        name, value = variable, environ[variable]
    else:
        value = settings.get(PREFIX + setting.name, setting.default)
    text = str(value).strip()
    if not text.isdecimal() or int(text) == 0:
        raise ConfigurationError(f"{name} is {value!r}: expected a whole number above zero")
    return int(text)


def settings_reference() -> str:
    """Return the table of the settings for the documentation, as reStructuredText."""
    rows = "".join(
        f"   * - ``kinto.{PREFIX}{each.name}``\n     - {each.default:,}\n     - {each.help}\n"
        for each in SETTINGS
    )
    return (
        ".. list-table::\n   :header-rows: 1\n   :widths: 38 17 45\n\n"
        f"   * - Setting\n     - Default\n     - Meaning\n{rows}"
    )
