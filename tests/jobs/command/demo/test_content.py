"""A second demo in a data folder that has another sample."""

from pathlib import Path

import pytest
from buildhub.command.demo.content import DemoContent
from buildhub.errors import ConfigError

ARCHIVE = "https://user:secret@archive.example/"
# What the folder has (sample, archive), what is asked for, the size that runs, and what is said.
SECOND_RUNS = [
    (None, ("tiny", None), "tiny", ""),
    (("default", None), ("default", None), "default", ""),
    (("default", None), ("tiny", None), "default", "holds the sample 'default'"),
    (("tiny", None), ("default", None), "tiny", "instead of the sample 'default'"),
    (("5000", None), ("tiny", None), "5000", "holds the sample '5000'"),
    (("default", ARCHIVE), ("default", ARCHIVE), "default", ""),
    (("default", ARCHIVE), ("default", ARCHIVE.rstrip("/")), "default", ""),
]


@pytest.mark.parametrize(("first", "second", "size", "said"), SECOND_RUNS)
def test_the_folder_s_sample_is_used_and_named(
    first: tuple[str, str | None] | None,
    second: tuple[str, str | None],
    size: str,
    said: str,
    tmp_path: Path,
) -> None:
    content, reported = DemoContent(tmp_path), list[str]()
    if first is not None:
        content.note(*first)
    assert content.choose_sample(*second, reported.append) == size
    assert said in "".join(reported)
    assert bool(reported) == bool(said)


REFUSED = [
    (("tiny", None), ("tiny", ARCHIVE), "holds the sample 'tiny'; for builds of https://…@archive"),
    (
        ("tiny", ARCHIVE),
        ("tiny", None),
        "holds builds of https://…@archive.example; for the",
    ),
    (("tiny", ARCHIVE), ("tiny", "https://b.example/"), "for builds of https://b.example choose"),
]


@pytest.mark.parametrize(("first", "second", "message"), REFUSED)
def test_builds_of_two_archives_are_not_mixed(
    first: tuple[str, str | None], second: tuple[str, str | None], message: str, tmp_path: Path
) -> None:
    content = DemoContent(tmp_path)
    content.note(*first)
    with pytest.raises(ConfigError) as caught:
        content.choose_sample(*second, lambda sentence: None)
    assert message in str(caught.value)
    assert "BUILDHUB_DATA" in str(caught.value)
    assert "secret" not in str(caught.value) + (tmp_path / "demo-content").read_text()
