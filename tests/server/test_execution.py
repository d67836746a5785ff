"""The layers around the execution of a request."""

import pytest
import webtest
from kinto_buildhub.execution import Layer, add_layer
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response


def make_app(*added):
    """Return an application with these layers: pairs of a layer and what wraps."""
    config = Configurator()
    config.include("kinto_buildhub.execution")
    for layer, wrap in added:
        add_layer(config, layer, wrap)
    config.add_route("home", "/")
    config.add_view(lambda request: Response(request.environ.get("trace", "")), route_name="home")
    return webtest.TestApp(config.make_wsgi_app())


def noting(name):
    """Return a layer that adds its name to those that a request has passed."""

    def wrap(router, execute):
        def answer(environ):
            environ["trace"] = f"{environ.get('trace', '')} {name}"
            return execute(environ)

        return answer

    return wrap


def test_without_layers_a_request_is_executed_as_pyramid_does():
    assert make_app().get("/").text == ""


def test_a_request_passes_the_layers_in_their_order_however_they_were_added():
    added = [(layer, noting(layer.name)) for layer in reversed(Layer)]
    assert make_app(*added).get("/").text.split() == [layer.name for layer in Layer]


def test_a_layer_may_answer_in_place_of_the_next_ones():
    def refuse(router, execute):
        return lambda environ: Response("no", status=403)

    app = make_app((Layer.RATES, refuse), (Layer.FAST_PATH, noting("never")))
    assert app.get("/", status=403).text == "no"


def test_a_layer_may_change_what_the_next_ones_answer():
    def shout(router, execute):
        return lambda environ: Response(execute(environ).text.upper())

    app = make_app((Layer.COMPRESSION, shout), (Layer.FAST_PATH, noting("inner")))
    assert app.get("/").text == " INNER"


def test_a_layer_sees_the_complete_application_once():
    seen = []

    def look(router, execute):
        seen.append(router)
        return execute

    app = make_app((Layer.RATES, look))
    app.get("/")
    app.get("/")
    assert seen == [app.app]


def test_a_layer_cannot_be_added_twice():
    with pytest.raises(ConfigurationError, match="The layer RATES is added twice"):
        make_app((Layer.RATES, noting("one")), (Layer.RATES, noting("two")))
