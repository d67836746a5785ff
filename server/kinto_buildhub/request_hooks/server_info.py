"""What ``GET /v1/`` shows everybody about the server, and ``/v1/__version__``.

Version and documentation are BuildHub's, with Kinto's beside them. The file that the settings come
from is not shown.
"""

from typing import Any

import kinto
from kinto.core.views.hello import hello
from kinto.core.views.version import version as version_service
from pyramid.events import BeforeRender

from kinto_buildhub.version import DOCS_URL, VERSION_FILE, version_info

_KINTO_DOCS_URL = kinto.DEFAULT_SETTINGS["project_docs"]


def includeme(config: Any) -> None:
    """Set what the settings leave as Kinto has it, and change the pages as they are rendered."""
    settings = config.registry.settings
    if settings["project_version"] == kinto.__version__:
        settings["project_version"] = version_info()["version"]
    if settings["project_docs"] == _KINTO_DOCS_URL:
        settings["project_docs"] = DOCS_URL
    config.add_subscriber(_change_response, BeforeRender)


def _change_response(event: BeforeRender) -> None:
    request, body = event.get("request"), event.rendering_val
    route = getattr(request, "matched_route", None)
    if route is None or not isinstance(body, dict):
        return
    if route.name == hello.name:
        body.pop("config", None)
        body["kinto_version"], body["kinto_docs"] = kinto.__version__, _KINTO_DOCS_URL
    elif route.name == version_service.name and _is_ours(request.registry.settings):
        body.update(version_info())


def _is_ours(settings: Any) -> bool:
    """Return whether the version's file is the packaged one, not the operator's own."""
    return bool(settings["version_json_path"] == str(VERSION_FILE))
