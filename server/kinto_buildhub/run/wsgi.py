"""The WSGI application, as the server's processes load it."""

import configparser
import logging.config
from typing import Any

from kinto_buildhub.run import log_format
from kinto_buildhub.run.application import make_application
from kinto_buildhub.run.configuration import find_ini, read_ini


def load_application() -> Any:
    """Build the Kinto application from the settings file that ``KINTO_INI`` names."""
    ini = find_ini()
    sections = configparser.RawConfigParser()
    sections.read(ini)
    if sections.has_section("loggers"):
        logging.config.fileConfig(ini, disable_existing_loggers=False)
    log_format.apply_to_handlers()
    return make_application(read_ini(ini))
