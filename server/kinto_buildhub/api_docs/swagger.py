"""``/v1/__api__``, which Kinto makes: mended where it is not valid Swagger 2.0."""

from typing import Any

from kinto.core.openapi import OpenAPI
from kinto.core.views import openapi as kinto_view

from kinto_buildhub.api_docs.routes import plain_path


def includeme(config: Any) -> None:
    """Have Kinto's view use the mended description."""
    del config
    kinto_view.OpenAPI = MendedOpenAPI


class MendedOpenAPI(OpenAPI):
    """What Kinto describes, with plain names in paths: Swagger knows no regular expressions."""

    def _extract_path_from_service(self, service: Any) -> tuple[str, dict[str, Any]]:
        path, described = super()._extract_path_from_service(service)
        path = plain_path(path)
        parameters = self.parameters.from_path(path)
        return path, described | ({"parameters": parameters} if parameters else {})
