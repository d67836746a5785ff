"""The ini file, overridden by the environment, before anything is started."""

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

import plaster

from kinto_buildhub.errors import SettingsError, StartError
from kinto_buildhub.settings import (
    DATABASE_SETTINGS,
    HMAC_SECRET,
    NAMES,
    PREFIX,
    STARTUP_SETTINGS,
    read_kinto_environment,
    read_settings,
)

INI_VARIABLE = "KINTO_INI"  # The name is Kinto's.
PACKAGED_INI = Path(__file__).parents[1] / "kinto.ini"

# Files made for Kinto, or before the server had a policy of its own, name Kinto's. With it a
# changed password goes on working for a while, and wrong ones are not limited.
_POLICIES = dict.fromkeys(
    (
        "kinto.plugins.accounts.AccountsPolicy",
        "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
    ),
    "kinto_buildhub.access.accounts.AccountsPolicy",
)


def find_ini(path: Path | None = None) -> Path:
    """Return the ini file: *path*, ``KINTO_INI``, ``kinto.ini`` here, or the one in the package.

    Raises:
        StartError: it was chosen, and is not a file.
    """
    if path is None and os.environ.get(INI_VARIABLE):
        path = Path(os.environ[INI_VARIABLE])
    if path is None:
        here = Path("kinto.ini")
        return here.absolute() if here.is_file() else PACKAGED_INI
    if not path.is_file():
        raise StartError(f"There is no settings file {path}.")
    return path.absolute()


def read_ini(ini: Path) -> dict[str, str]:
    """Read the ini file's ``[app:main]`` and override it by the environment.

    Returns:
        Settings for Kinto. :data:`~kinto_buildhub.settings.STARTUP_SETTINGS` are always among
        them, "" where they are not set. Kinto's policy for accounts is replaced by ours.

    Raises:
        SettingsError: a setting is unknown, or its value cannot work.
        StartError: the file is not an ini file, or lacks the section.
    """
    try:
        settings = dict(plaster.get_settings(str(ini), "app:main"))
    except (plaster.PlasterError, configparser.Error, LookupError, ValueError) as exc:
        raise StartError(f"{ini} cannot be read as settings: {exc}") from exc
    if not settings:
        raise StartError(f"{ini} has no section [app:main].")
    read_settings(settings)
    for name, value in settings.items():
        if name.removeprefix(PREFIX).startswith("multiauth.policy."):
            settings[name] = _POLICIES.get(value.strip(), value)
    for name in NAMES & settings.keys():  # Kinto accepts them without its prefix, too.
        if PREFIX + name not in settings:
            settings[PREFIX + name] = settings.pop(name)
    for setting in STARTUP_SETTINGS:
        settings.setdefault(setting.ini_name, "")
    settings |= read_kinto_environment()
    if problems := list(_find_database_problems(settings)):
        raise SettingsError(problems)
    return settings


def export_settings(settings: dict[str, str]) -> None:
    """Put the settings that were filled in at the start where the server's processes read them."""
    for setting in STARTUP_SETTINGS:
        os.environ[setting.variable] = settings[setting.ini_name]


def has_database(settings: dict[str, str]) -> bool:
    """Return whether the settings name a database, so that the embedded one is not needed."""
    return any(settings[setting.ini_name] for setting in DATABASE_SETTINGS)


def has_public_host(settings: dict[str, str]) -> bool:
    """Return whether Kinto's settings, or their variables, say how clients know the server."""
    return all(
        settings.get(PREFIX + name) or settings.get(name) or os.environ.get(f"KINTO_{name.upper()}")
        for name in ("http_scheme", "http_host")
    )


def _find_database_problems(settings: dict[str, str]) -> Iterator[str]:
    names = [setting.ini_name for setting in DATABASE_SETTINGS]
    given = [name for name in names if settings[name]]
    missing = ", ".join(name for name in names if name not in given)
    if given and missing:
        yield f"{given[0]} is set, but not {missing}: set all three or none."
    if given and not settings[HMAC_SECRET.ini_name]:
        yield (
            f"{HMAC_SECRET.ini_name} is not set. Give the server a secret of its own with "
            f"{HMAC_SECRET.variable}, and keep it."
        )
