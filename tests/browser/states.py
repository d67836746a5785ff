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
THINGS = (
    State("build", "builds/20170403075439"),
    State("no-such-build", "builds/20170403075440", 404),
    State("no-build-id", "builds/firefox", 400),
    State("record", "records/firefox_beta_53-0b9_linux-x86_64_fr"),
    State("no-such-record", "records/firefox_beta_53-0b99_linux-x86_64_fr", 404),
    State("version", "versions/firefox/53.0b9"),
    State("missing-of-a-version", "versions/firefox/53.0b9?show=missing"),
    State("no-such-version", "versions/firefox/53.0b99", 404),
    State("product", "products/firefox"),
    State("retired-product", "products/fennec"),
    State("no-such-product", "products/netscape", 404),
    State("no-such-page", "nothing/here", 404),
)
STATES = (*SEARCHES, *THINGS)


def each_state(states: tuple[State, ...] = STATES) -> pytest.MarkDecorator:
    """Run a test in each of the states."""
    return pytest.mark.parametrize("state", states, ids=lambda state: state.name)
