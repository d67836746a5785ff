"""Files of the data folder, and of other folders that secrets are written to."""

import os
import stat
from pathlib import Path

import pytest
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.data_folder import write_private


def test_a_private_file_is_in_nobody_elses_hands(tmp_path: Path) -> None:
    path, planted = tmp_path / "secret", tmp_path / f".secret.{os.getpid()}"
    theirs = tmp_path / "theirs"
    theirs.touch()
    planted.symlink_to(theirs)
    path.symlink_to(theirs)
    write_private(path, "text")
    assert path.read_text() == "text"
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert theirs.read_text() == ""


def test_nothing_is_left_of_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.mkdir()
    with pytest.raises(StartError, match="secret cannot be written: Is a directory"):
        write_private(path, "text")
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
