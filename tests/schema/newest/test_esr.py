"""Which ESR is meant at which moment of the real history."""

import pytest
from buildhub_schema.newest.esr import Esrs, find_esrs
from buildhub_schema.release_history import historic_releases
from buildhub_schema.versions import version_order

RELEASED = {
    each.version: each.day.isoformat()
    for each in historic_releases()
    if each.product == "firefox" and each.version.endswith("esr")
}


def newest(versions: tuple[str, ...]) -> str:
    return max(versions, key=version_order, default="")


@pytest.mark.parametrize(
    ("day", "esr", "esr_next"),
    [
        pytest.param("2013-09-16", "17.0.8esr", "", id="one"),
        pytest.param("2013-09-18", "17.0.9esr", "24.0esr", id="both-on-the-same-day"),
        pytest.param("2013-12-11", "24.2.0esr", "", id="the-older-one-has-ended"),
        pytest.param("2017-03-30", "45.8.0esr", "52.0.2esr", id="a-fix-of-the-newer-one-alone"),
        pytest.param("2017-05-06", "45.9.0esr", "52.1.1esr", id="last-of-the-older-one"),
        pytest.param("2017-06-14", "52.2.0esr", "", id="ended-after-two-planned-releases"),
        pytest.param("2018-09-06", "60.2.0esr", "", id="52-has-ended"),
        pytest.param("2020-08-26", "68.12.0esr", "78.2.0esr", id="ten-is-more-than-nine"),
        pytest.param("2020-09-23", "78.3.0esr", "", id="from-the-third-minor-version-alone"),
        pytest.param("2023-07-05", "102.13.0esr", "115.0esr", id="three-digits"),
        pytest.param("2023-09-13", "102.15.1esr", "115.2.1esr", id="last-fix-of-the-older-one"),
        pytest.param("2023-09-27", "115.3.0esr", "", id="115-alone"),
        pytest.param("2012-01-01", "", "", id="none-yet"),
    ],
)
def test_esr_and_the_next_one_through_history(day: str, esr: str, esr_next: str) -> None:
    found = find_esrs({version: at for version, at in RELEASED.items() if at < day})
    assert (newest(found.esr), newest(found.next)) == (esr, esr_next)


def test_an_older_one_that_goes_on_forever_overlaps_no_longer() -> None:
    built = {"115.20.0esr": "2025-02-04", "128.7.0esr": "2025-02-04"}
    assert find_esrs(built) == Esrs(("128.7.0esr",))


def test_what_is_no_version_is_left_out() -> None:
    assert find_esrs({"<script>": "2017-01-01", "esr": "2017-01-01"}) == Esrs()
