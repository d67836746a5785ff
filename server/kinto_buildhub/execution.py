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

from pyramid.events import ApplicationCreated, NewRequest
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPException
from pyramid.response import Response as PyramidResponse
from pyramid.router import default_execution_policy

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

Response = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
"""A WSGI application, as Pyramid's responses are."""

Execute = Callable[[Environ], Response]

Wrap = Callable[[Any, Execute], Execute]
"""Called with the application and the next layer."""

# In the environment of a request that a layer refuses: the error.
_REFUSAL = "buildhub.refusal"


class StreamedResponse(PyramidResponse):
    """A response whose body only the WSGI server reads.

    Kinto's metrics take the size of every response from its body, which would read the stream to
    its end before the first byte is sent.
    """

    @property
    def body(self) -> bytes:
        """Nothing: there is none yet."""
        return b""


class Layer(Enum):
    """The layers, from the outside in."""

    COMPRESSION = auto()  # It compresses the responses of all others.
    CLIENT_ADDRESSES = auto()  # The next ones look at the address.
    USER_AGENTS = auto()
    RATES = auto()
    OLD_ADDRESSES = auto()  # The next ones know only the new paths.
    FAST_PATH = auto()


def includeme(config: Any) -> None:
    """Set the execution policy; to be included before what adds layers."""
    execute: Execute

    def assemble(event: Any) -> None:
        nonlocal execute
        execute = _wrap_all(event.app)

    def policy(environ: Environ, router: Any) -> Response:
        return execute(environ)

    config.registry.buildhub_layers = {}
    config.add_subscriber(assemble, ApplicationCreated)
    config.add_subscriber(_raise_refusal, NewRequest)
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


def refuse(router: Any, environ: Environ, error: Exception) -> Response:
    """Return the response to an error, in place of that to a request, for a layer.

    Pyramid makes it, so that it is logged and counted, other origins may read it, and it has the
    shape of other errors at its address.
    """
    environ[_REFUSAL] = error
    return _innermost(router)(environ)


def _raise_refusal(event: Any) -> None:
    error = event.request.environ.get(_REFUSAL)
    if error is not None:
        raise error


def _wrap_all(router: Any) -> Execute:
    layers, execute = router.registry.buildhub_layers, _innermost(router)
    for layer in reversed(Layer):
        if layer in layers:
            execute = layers[layer](router, execute)
    return execute


def _innermost(router: Any) -> Execute:
    """Return what executes a request as Pyramid does."""

    def execute(environ: Environ) -> Response:
        try:
            return _execute(environ, router)
        except HTTPException as exc:
            # The view of an error has raised another one, as it looked up who is asking.
            fresh = {name: value for name, value in environ.items() if "webob." not in name}
            return _execute({**fresh, _REFUSAL: exc}, router)

    return execute


def _execute(environ: Environ, router: Any) -> Response:
    response: Response = default_execution_policy(environ, router)
    return response
