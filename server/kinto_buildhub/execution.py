"""What is done around the execution of each request, in one order for the whole server.

Pyramid calls one function for a request that is to be executed, its execution policy. Here it is
made of layers: each is given the environment of a request, and returns the response of the next
layer or one of its own. The last executes the request as Pyramid does, with its events and tweens,
and the subrequests of a batch, which pass through no layer of their own.

The layers are put together once, when the application is complete. One that has nothing to do on a
server returns the next from its `Wrap`, and no request passes through it.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.router import default_execution_policy

Environ = dict[str, Any]

Response = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
"""A WSGI application, as Pyramid's responses are."""

Execute = Callable[[Environ], Response]

Wrap = Callable[[Any, Execute], Execute]
"""Called with the application and the next layer."""


class Layer(Enum):
    """The layers, from the outside in."""

    COMPRESSION = auto()  # Whoever made an answer.
    USER_AGENTS = auto()
    RATES = auto()
    FAST_PATH = auto()


def includeme(config: Any) -> None:
    """Set the execution policy; to be included before what adds layers."""
    execute: Execute

    def put_together(event: Any) -> None:
        nonlocal execute
        execute = _wrapped(event.app)

    def policy(environ: Environ, router: Any) -> Response:
        return execute(environ)

    config.registry.buildhub_layers = {}
    config.add_subscriber(put_together, ApplicationCreated)
    config.set_execution_policy(policy)


def add_layer(config: Any, layer: Layer, wrap: Wrap) -> None:
    """Add a layer to the execution of requests.

    Raises:
        ConfigurationError: the layer is there already.
    """
    layers = config.registry.buildhub_layers
    if layer in layers:
        raise ConfigurationError(f"The layer {layer.name} is added twice.")
    layers[layer] = wrap


def _wrapped(router: Any) -> Execute:
    layers, execute = router.registry.buildhub_layers, _pyramids(router)
    for layer in reversed(Layer):
        if layer in layers:
            execute = layers[layer](router, execute)
    return execute


def _pyramids(router: Any) -> Execute:
    return lambda environ: default_execution_policy(environ, router)
