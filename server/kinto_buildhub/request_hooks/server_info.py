"""What ``GET /v1/`` shows everybody about the server: not the file that its settings come from."""

from typing import Any

from kinto.core.views.hello import hello
from pyramid.events import BeforeRender


def includeme(config: Any) -> None:
    """Leave the path, the hash and the date of the ini file out."""
    config.add_subscriber(_remove_config, BeforeRender)


def _remove_config(event: BeforeRender) -> None:
    route = getattr(event.get("request"), "matched_route", None)
    if route is not None and route.name == hello.name and isinstance(event.rendering_val, dict):
        event.rendering_val.pop("config", None)
