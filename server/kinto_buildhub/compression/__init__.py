"""Compression of every answer that is worth it, whoever made it.

`accept_encoding` says what a request asks for, `codings` compresses, `started_response` is what the
layers inside have begun to send, and `compressor` decides. `entity_tags` are those of compressed
answers.
"""

from typing import Any

from kinto_buildhub.compression.compressor import Compressor
from kinto_buildhub.execution import Execute, Layer, add_layer


def includeme(config: Any) -> None:
    """Compress around all other layers."""
    add_layer(config, Layer.COMPRESSION, _wrap)


def _wrap(router: Any, execute: Execute) -> Execute:
    settings = router.registry.buildhub_settings
    codings = settings["buildhub.compression"]
    if not codings:
        return execute
    compressor = Compressor(codings, settings["buildhub.compression_min_bytes"])

    return lambda environ: compressor.answer(environ, execute)
