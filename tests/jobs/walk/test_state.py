"""What walks remember."""

from collections.abc import Callable

import pytest
from buildhub.errors import AlreadyRunning, ConfigError
from buildhub.settings import Settings
from buildhub.walk.page import AcknowledgedBuild, FolderPage, PageFile, pack, unpack
from buildhub.walk.state import BranchRow, FolderRow
from buildhub.walk.state_file import open_state, state_path
from hypothesis import given
from hypothesis import strategies as st

MakeSettings = Callable[..., Settings]

NAMES = st.text(max_size=20)
MOMENTS = st.integers(0, 2**33).map(float)
ACKNOWLEDGED = st.builds(
    AcknowledgedBuild,
    st.builds(PageFile, MOMENTS, st.sampled_from(["53M", "910"])),
    st.integers(0, 2**40),
    st.booleans(),
)
PAGES = st.builds(
    FolderPage,
    st.lists(NAMES, max_size=4).map(tuple),
    st.frozensets(NAMES, max_size=4),
    MOMENTS,
    st.dictionaries(NAMES, ACKNOWLEDGED, max_size=4),
)


@given(PAGES)
def test_a_page_is_remembered_as_it_was(page: FolderPage) -> None:
    assert unpack(pack(page)) == page


def test_rows_are_there_when_the_file_is_opened_again(make_settings: MakeSettings) -> None:
    settings = make_settings()
    row = FolderRow("ab12", 1.0, FolderPage(("fr/",), frozenset(), 2.0))
    with open_state(settings) as state:
        state.keep_folder("pub/a/", row)
        state.keep_folder("pub/b/", row)
        state.forget_folder("pub/b/")
    with open_state(settings) as state:
        assert state.find_folder("pub/a/") == row
        assert state.find_folder("pub/b/") is None


def test_the_branches_of_a_folder_are_not_those_of_its_neighbours(
    make_settings: MakeSettings,
) -> None:
    row = BranchRow(1.0, 2.0)
    with open_state(make_settings()) as state:
        for path in ("pub/f/releases/58.0/", "pub/f/releases2/58.0/", "pub/f/nightly/2018/01/x/"):
            state.keep_branch(path, row)
        assert state.find_branches("pub/f/releases/") == {"pub/f/releases/58.0/": row}
        state.forget_branch("pub/f/releases/58.0/")
        assert state.find_branches("pub/f/releases/") == {}


def test_a_full_walk_is_continued_until_it_is_ended_or_too_old(
    make_settings: MakeSettings,
) -> None:
    day = 86_400.0
    with open_state(make_settings()) as state:
        assert state.begin_full(0.0) == 0.0
        assert state.begin_full(day) == 0.0
        assert state.begin_full(3 * day) == 3 * day
        state.end_full()
        assert state.begin_full(3.5 * day) == 3.5 * day


@pytest.mark.parametrize(
    "change",
    [
        {"SERVER_URL": "http://other.example/v1"},
        {"BUCKET": "other"},
        {"COLLECTION": "other"},
        {"ARCHIVE_URL": "http://other.example/"},
    ],
)
def test_what_one_server_has_acknowledged_says_nothing_about_another(
    change: dict[str, str], make_settings: MakeSettings
) -> None:
    assert state_path(make_settings(**change)) != state_path(make_settings())


def test_two_walks_to_one_collection_do_not_run_at_once(make_settings: MakeSettings) -> None:
    settings = make_settings()
    with open_state(settings):
        with pytest.raises(AlreadyRunning, match="another walk"), open_state(settings):
            pass
        with open_state(make_settings(BUCKET="other")):
            pass
    with open_state(settings):
        pass


def test_a_damaged_file_is_reported_with_what_to_do(make_settings: MakeSettings) -> None:
    settings = make_settings()
    path = state_path(settings)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigError, match=f"{path}.*it may be deleted"), open_state(settings):
        pass
