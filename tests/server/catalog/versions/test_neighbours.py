"""Versions before, after and near a version."""

import pytest
from kinto_buildhub.catalog.versions.neighbours import nearest_versions, neighbours

VERSIONS = ["9.0", "50.0", "53.0b10", "53.0b9", "53.0", "53.0-funnelcake1", "53.0.2", "nonsense"]


@pytest.mark.parametrize(
    ("version", "before", "after"),
    [
        pytest.param("53.0b9", "50.0", "53.0b10", id="ten-after-nine"),
        pytest.param("53.0", "53.0b10", "53.0.2", id="no-variant"),
        pytest.param("53.0-funnelcake1", "53.0", "53.0.2", id="of-a-variant"),
        pytest.param("53.0.2", "53.0", None, id="the-newest"),
        pytest.param("9.0", "nonsense", "50.0", id="a-text-in-no-known-form-is-the-oldest"),
    ],
)
def test_neighbours_are_in_version_order(
    version: str, before: str | None, after: str | None
) -> None:
    assert neighbours(version, VERSIONS) == (before, after)


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        pytest.param("53.0b8", ["53.0", "53.0b10", "53.0b9", "50.0"], id="beside"),
        pytest.param("53.0.3", ["53.0.2", "53.0"], id="after-the-last"),
        pytest.param("latest", ["53.0.2", "53.0-funnelcake1", "53.0"], id="no-version"),
        pytest.param("x" * 100_000, ["53.0.2", "53.0-funnelcake1", "53.0"], id="very-long"),
    ],
)
def test_versions_that_may_be_meant(version: str, nearest: list[str]) -> None:
    found = nearest_versions(version, VERSIONS)
    assert len(found) <= 6
    assert [each for each in found if each in nearest] == nearest


def test_nothing_is_near_where_there_is_nothing() -> None:
    assert nearest_versions("53.0", []) == ()
