"""A build: what the path of a file of the archive says about it."""

from typing import NamedTuple


class Build(NamedTuple):
    """One downloadable build, as its path tells of it.

    The first three are its own. All the others it shares with the same build in other languages,
    which are its neighbours in the archive.

    Attributes:
        path: the decoded object key.
        record_id: the record's key.
        locale: in its canonical case, ``pt-BR``.
        product: as in the record: ``fennec``, where the archive's folder says ``mobile``.
        channel: guessed from the path; metadata may know better, and the record ID keeps the guess.
        version: the record's: a candidate's ends in ``rcN``, a funnelcake's names its number.
        base_version: the version that names files and candidates folders, without these two.
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
    def shared(self) -> tuple[str | int | None, ...]:
        """What it shares with its neighbours."""
        return self[3:]
