"""File names of whatever a record may have."""

import re
from urllib.parse import quote

import pytest
from buildhub.export.static.names import file_name, joined_name
from hypothesis import given
from hypothesis import strategies as st

RESERVED = ("latest.json", "versions")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param("53.0b9", "53.0b9", id="version"),
        pytest.param("ja-JP-mac", "ja-JP-mac", id="locale"),
        pytest.param("linux-x86_64", "linux-x86_64", id="platform"),
        pytest.param("../../etc/passwd", "~2E.~2F..~2Fetc~2Fpasswd", id="parent-folders"),
        pytest.param("..", "~2E.", id="parent-folder"),
        pytest.param(".htaccess", "~2Ehtaccess", id="hidden"),
        pytest.param("a\0b\n", "a~00b~0A", id="control-characters"),
        pytest.param("C:\\con", "C~3A~5Ccon", id="windows"),
        pytest.param("50%~", "50~25~7E", id="signs-of-escapes"),
        pytest.param("é", "~C3~A9", id="other-scripts"),
        pytest.param("", "~", id="nothing"),
        pytest.param("versions", "~76ersions", id="reserved"),
    ],
)
def test_a_name_is_safe_and_tells_the_value(value: str, name: str) -> None:
    assert file_name(value, reserved=RESERVED) == name


values = st.text(max_size=200) | st.text(alphabet="~./-%2Een", max_size=100)


@given(st.lists(values, unique=True, min_size=2, max_size=6))
def test_different_values_have_different_names(different: list[str]) -> None:
    names = [file_name(each, reserved=RESERVED) for each in different]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*", name)
        assert quote(name, safe="") == name
        assert len(name) <= 72
        assert name not in RESERVED


parts = st.text(alphabet="ab-", max_size=4)


@given(st.lists(st.tuples(parts, parts, parts), unique=True, max_size=30))
def test_joined_names_differ_though_values_contain_hyphens(
    cells: list[tuple[str, str, str]],
) -> None:
    taken: set[str] = set()
    for cell in cells:
        name = joined_name(cell, taken)
        assert name not in taken
        taken.add(name)
