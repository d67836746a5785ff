"""A demo whose server limits requests says that its own jobs may have to wait."""

import pytest
from buildhub.command.demo.rates import describe_waits

RATE = {"KINTO_BUILDHUB_RATE_BY_ADDRESS": "60/minute"}
EXEMPT = "KINTO_BUILDHUB_RATE_EXEMPT_ADDRESSES"
# Settings of the ini file, the environment, whether jobs may wait.
SERVERS = [
    pytest.param({}, {}, False, id="default"),
    pytest.param({}, RATE, True, id="environment"),
    pytest.param({"kinto.buildhub.rate_by_address": "60/minute"}, {}, True, id="ini"),
    pytest.param({}, {**RATE, EXEMPT: "127.0.0.1"}, False, id="exempt"),
    pytest.param({}, {**RATE, EXEMPT: "10.0.0.0/8 127.0.0.0/8"}, False, id="exempt-network"),
    pytest.param({}, {**RATE, EXEMPT: "10.0.0.0/8"}, True, id="others-are-exempt"),
]


@pytest.mark.parametrize(("settings", "environ", "may_wait"), SERVERS)
def test_jobs_may_wait(settings: dict[str, str], environ: dict[str, str], may_wait: bool) -> None:
    found = describe_waits(settings, environ)
    assert (found is not None) == may_wait
    if found is not None:
        assert found.startswith("kinto.buildhub.rate_by_address holds for the demo's own jobs")
        assert (
            describe_waits(settings, environ | {EXEMPT: found.partition("=")[2].split()[0]}) is None
        )
