"""The page ``/v1/credentials/``, where accounts look after credentials, without a script.

`forms` reads what a browser sends and refuses what other sites make it send, `actions` does what a
form asks for, `rows` are the credentials that the page shows, and `views` answers.
"""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.credentials.page import views

# Each looks itself at who is asking.
_VIEWS = {"GET": views.show_credentials, "POST": views.answer_form}


def includeme(config: Any) -> None:
    """Add the page, where the server takes credentials."""
    if config.registry.buildhub_authenticator is None:
        return
    config.add_route(views.ROUTE, "/credentials/")
    for method, view in _VIEWS.items():
        config.add_view(
            view,
            route_name=views.ROUTE,
            request_method=method,
            permission=NO_PERMISSION_REQUIRED,
        )
