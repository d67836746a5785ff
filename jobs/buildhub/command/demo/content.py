"""What a demo's data folder contains: which sample, or which archive's builds.

Builds of two samples, or of two archives, must not be mixed: the summary would name one of them,
and the download addresses of the other would lead nowhere.
"""

from collections.abc import Callable
from pathlib import Path

from buildhub_schema.text.printable import without_credentials

from buildhub.errors import ConfigError

_SAMPLE = "sample "


class DemoContent:
    """The note in a data folder on what was loaded into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "demo-content"

    def choose_sample(self, sample: str, archive: str | None, report: Callable[[str], None]) -> str:
        """Return the size of the sample to run: that of the folder, if it has one.

        Args:
            sample: the size that is asked for.
            archive: the archive that is asked for, or None for the sample.
            report: takes a sentence if the folder has another size.

        Raises:
            ConfigError: the folder has the builds of another archive.
        """
        found = self._path.read_text().strip() if self._path.is_file() else None
        if found in (None, _name(sample, archive)):
            return sample
        another = "choose another folder with BUILDHUB_DATA, or delete this one"
        if archive is not None or not found.startswith(_SAMPLE):
            raise ConfigError(
                f"data folder {self._folder}: holds {_described(found)}; for "
                f"{_described(_name(sample, archive))} {another}"
            )
        report(
            f"The data folder {self._folder} holds {_described(found)}, which is used instead of "
            f"{_described(_name(sample, archive))}. For another size, {another}."
        )
        return found.removeprefix(_SAMPLE)

    def note(self, sample: str, archive: str | None) -> None:
        """Note what is loaded into the folder, which exists."""
        self._path.write_text(_name(sample, archive) + "\n")


def _name(sample: str, archive: str | None) -> str:
    return f"{_SAMPLE}{sample}" if archive is None else without_credentials(archive).rstrip("/")


def _described(name: str) -> str:
    if name.startswith(_SAMPLE):
        return f"the sample {name.removeprefix(_SAMPLE)!r}"
    return f"builds of {name}"
