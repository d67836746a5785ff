"""Whatever is killed during a load, no acknowledged record is lost, and a second load completes it.

``python -m bench.kills`` does the same any number of times.
"""

from collections.abc import Iterator

import pytest
from buildhub_sample_archive import SampleArchive, running_sample_archive

from tests.stand_ins.kills import Catalogue, Record, kill_and_check

pytestmark = pytest.mark.timeout(300)

BUILDS = 400


@pytest.fixture(scope="module")
def archive_url() -> Iterator[str]:
    with running_sample_archive(BUILDS) as url:
        yield url


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory, archive_url: str) -> Iterator[Catalogue]:
    catalogue = Catalogue(tmp_path_factory.mktemp("kills"), archive_url)
    yield catalogue
    assert catalogue.server.interrupt() == 0, catalogue.server.output


@pytest.fixture(scope="module")
def expected(catalogue: Catalogue, archive_url: str) -> dict[str, Record]:
    """The records of a load without kills: each build once."""
    assert catalogue.start_load("without-kills").wait() == 0
    records = catalogue.records("without-kills")
    builds = [each for each in SampleArchive(BUILDS).iter_objects() if each.is_build]
    assert {each["download"]["url"] for each in records.values()} == {
        f"{archive_url}/{each.path}" for each in builds if not each.loses_conflict
    }
    return records


@pytest.mark.parametrize(
    ("victim", "seed"),
    [
        ("job", 1),
        ("worker", 1),
        ("postgresql", 1),
        ("server", 1),
        ("postgresql", 2),
        ("parent", 1),
    ],
)
def test_a_kill_loses_nothing(
    catalogue: Catalogue, expected: dict[str, Record], victim: str, seed: int
) -> None:
    kill_and_check(catalogue, expected, victim, seed)
