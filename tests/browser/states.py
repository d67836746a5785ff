"""The pages in all their states, as addresses below ``/v1/catalog/`` of the demo."""

from typing import NamedTuple

import pytest


class State(NamedTuple):
    """A state: what it is called, its address, and the status of the response."""

    name: str
    address: str
    status: int = 200


SEARCHES = (
    State("everything", ""),
    State("one-version", "?version=53.0b9"),
    State("several-choices", "?product=firefox&locale=fr&locale=de&os=linux"),
    State("sorted", "?sort=-size"),
    State("days", "?from=2017-04-01&to=2017-04-30"),
    State("a-text", "?q=firefox+54+linux+fr"),
    State("a-word-that-has-no-place", "?q=firefox+zzzz"),
    State("nothing-found", "?q=zzzz"),
    State("nothing-chosen-exists", "?locale=tlh"),
    State("refused", "?size=0", 400),
)
BUILDS = (
    State("build", "builds/20170403075439"),
    State("unknown-build", "builds/20170403075440", 404),
    State("no-build-id", "builds/firefox", 400),
    State("record", "records/firefox_beta_53-0b9_linux-x86_64_fr"),
    State("unknown-record", "records/firefox_0-1_win32_fr", 404),
    State("no-such-page", "nothing", 404),
)
STATES = (*SEARCHES, *BUILDS)


def each_state(states: tuple[State, ...] = STATES) -> pytest.MarkDecorator:
    """Run a test in each of the states."""
    return pytest.mark.parametrize("state", states, ids=lambda state: state.name)
