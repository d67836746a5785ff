"""A build: what the path of a file of the archive says about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Build:
    """One downloadable build, as its path tells of it.

    Attributes:
        path: the decoded object key.
        product: as in the record: ``fennec``, where the archive's folder says ``mobile``.
        channel: guessed from the path; metadata may know better, and the record ID keeps the guess.
        version: the record's: a candidate's ends in ``rcN``, a funnelcake's names its number.
        base_version: the version that names files and candidates folders, without these two.
        locale: in its canonical case, ``pt-BR``.
        platform: lower case, ``macosx-eme-free``.
        os: family of the platform, one of the schema's choices.
        mimetype: from the file's ending.
        record_id: the record's key.
        candidate_number: N of ``buildN`` for a candidate, else None.
        nightly_folder: name of a nightly's dated folder, else None.
    """

    path: str
    product: str
    channel: str
    version: str
    base_version: str
    locale: str
    platform: str
    os: str
    mimetype: str
    record_id: str
    candidate_number: int | None = None
    nightly_folder: str | None = None
