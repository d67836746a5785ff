"""A build: what the path of a file in the archive says about it."""

from typing import NamedTuple


class Build(NamedTuple):
    """One downloadable build, described by its path.

    The first three values are its own; all others are the same in its other locales.

    Attributes:
        path: the decoded object key.
        record_id: ID of its record.
        locale: in its canonical case, ``pt-BR``.
        product: as in the record: ``fennec``, where the archive's folder says ``mobile``.
        channel: guessed from the path. Metadata may correct the record's; its ID keeps the guess.
        version: as in the record; a candidate's ends in ``rcN``, a funnelcake's in its number.
        base_version: as in file names and candidates folders, without these suffixes.
        platform: lower case, ``macosx-eme-free``.
        os: family of the platform, one of the schema's choices.
        mimetype: from the file's ending.
        candidate_number: N of ``buildN`` for a candidate, else None.
        nightly_folder: name of a nightly's dated folder, else None.
    """

    path: str
    record_id: str
    locale: str
    product: str
    channel: str
    version: str
    base_version: str
    platform: str
    os: str
    mimetype: str
    candidate_number: int | None = None
    nightly_folder: str | None = None

    @property
    def shared_facts(self) -> tuple[str | int | None, ...]:
        """What is the same in all its locales."""
        return self[3:]
