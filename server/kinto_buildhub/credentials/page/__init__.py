"""The page ``/v1/credentials/``, where accounts look after credentials, without a script.

`forms` reads what a browser sends and refuses what other sites make it send, `actions` does what a
form asks for, `rows` are the credentials that the page shows, and `views` answers.
"""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.credentials.page import views

_VIEWS = {
    "GET": views.show_credentials,
    "POST": views.answer_form,
    "OPTIONS": views.show_methods,
    None: views.refuse_method,
}
"""The views by method; None for all others. Each looks itself at who is asking."""


def includeme(config: Any) -> None:
    """Add the page, where the server takes credentials."""
    if config.registry.buildhub_authenticator is None:
        return
    config.add_route(views.ROUTE, "/credentials/")
    for method, view in _VIEWS.items():
        options = {"request_method": method} if method else {}
        config.add_view(view, route_name=views.ROUTE, permission=NO_PERMISSION_REQUIRED, **options)
