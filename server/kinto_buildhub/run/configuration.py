"""The server's settings: ``kinto.ini``, overridden by the environment."""

import configparser
import os
from pathlib import Path

import plaster

from kinto_buildhub.errors import StartError

PACKAGED_INI = Path(__file__).parents[1] / "kinto.ini"

DATABASE_SETTINGS = ("kinto.storage_url", "kinto.permission_url", "kinto.cache_url")
SECRET_SETTING = "kinto.userid_hmac_secret"  # noqa: S105 - its name.
SEARCH_HOSTS_SETTING = "kinto.elasticsearch.hosts"
SEARCH_PATH_SETTING = "kinto.search.path"
SEARCH_LEASES_SETTING = "kinto.search.leases"

# Settings that decide what is started before Kinto is, or that are decided here.
_OURS = (
    *DATABASE_SETTINGS,
    SECRET_SETTING,
    SEARCH_HOSTS_SETTING,
    SEARCH_PATH_SETTING,
    SEARCH_LEASES_SETTING,
)


def find_ini(path: Path | None) -> Path:
    """Return the ini file to use: *path*, or ``kinto.ini`` here, or the one in the package.

    Raises:
        StartError: *path* is given and is not a file.
    """
    if path is None:
        here = Path("kinto.ini")
        return here.absolute() if here.is_file() else PACKAGED_INI
    if not path.is_file():
        raise StartError(f"There is no settings file {path}.")
    return path.absolute()


def read_settings(ini: Path) -> dict[str, str]:
    """Read the ini file's ``[app:main]``, with what the environment says instead.

    Kinto reads the environment too. It is read here as well because some settings decide what
    is started before Kinto is.

    Raises:
        StartError: the file is not an ini file, or lacks the section.
    """
    try:
        settings = dict(plaster.get_settings(str(ini), "app:main"))
    except (plaster.PlasterError, configparser.Error, LookupError, ValueError) as exc:
        raise StartError(f"{ini} cannot be read as settings: {exc}") from exc
    if not settings:
        raise StartError(f"{ini} has no section [app:main].")
    for name in _OURS:
        settings[name] = os.environ.get(_environment_name(name), settings.get(name, ""))
    return settings


def export(settings: dict[str, str]) -> None:
    """Put the settings that were decided here where the server's processes read them."""
    for name in _OURS:
        os.environ[_environment_name(name)] = settings[name]


def _environment_name(setting: str) -> str:
    return setting.replace(".", "_").upper()
