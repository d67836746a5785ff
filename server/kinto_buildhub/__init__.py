"""The Kinto plugin: what BuildHub adds to a stock server. One package a capability."""

from typing import Any

from pyramid.exceptions import ConfigurationError

from kinto_buildhub.errors import SettingsError
from kinto_buildhub.settings import read_settings


def includeme(config: Any) -> None:
    """Plug each capability in; this list is the table of contents."""
    try:
        config.registry.buildhub_settings = read_settings(config.get_settings())
    except SettingsError as exc:
        raise ConfigurationError(str(exc)) from exc
    config.include("kinto_buildhub.request_hooks.release_memory")
    config.include("kinto_buildhub.filters")
    config.include("kinto_buildhub.request_hooks.old_record_ids")
    config.include("kinto_buildhub.bulk")
    config.include("kinto_buildhub.anonymous")
    config.include("kinto_buildhub.search")
    config.include("kinto_buildhub.coverage")
    config.include("kinto_buildhub.request_hooks.deep_json")
