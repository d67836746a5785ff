"""Why a file of the archive is not a build.

Most files of the archive are no builds. Each has one reason, from the closed list here,
so that a job can count them and a person can ask about one of them.
"""

from dataclasses import dataclass
from enum import Enum

from buildhub_schema.products import PRODUCT_PATHS


class SkipReason(Enum):
    """A reason; its value is a stable slug for counters and labels, ``sentence`` is for people."""

    sentence: str

    # Where it lies.
    NOT_A_PRODUCT = (
        "not-a-product",
        f"in no folder of a catalogued product: {', '.join(PRODUCT_PATHS)}",
    )
    NO_FILE = ("no-file", "this is a folder, or the marker of an empty one")
    CI_BUILD = ("ci-build", "a build of continuous integration or of a developer's try push")
    PARTNER = ("partner", "made for a partner, not for the public")
    ALIAS = ("alias", "a latest-… folder holds copies of files that are dated elsewhere")
    CONTRIBUTED = ("contributed", "contributed by others, not built by Mozilla")
    BEFORE_1_0 = ("before-1.0", "versions before 1.0 are not catalogued")
    CODE_NAME = ("code-name", "a preview in a folder with a code name instead of a version")
    ARCHIVED = ("archived", "candidates that were put aside")
    UNSIGNED = ("unsigned", "the unsigned form of a build that lies signed beside it")
    EXPERIMENTAL = ("experimental", "an experiment, never offered as a build")
    SHA1_INSTALLERS = ("sha1-installers", "a copy signed in the old way, kept for old systems")
    TEST_FOLDER = ("test-folder", "published to test the publishing")
    DEBUG = ("debug", "a debug build")
    WINDOWS_MOBILE = ("windows-mobile", "Windows Mobile is not catalogued")
    AURORA_NIGHTLY = (
        "aurora-nightly",
        "daily aurora builds carry no date in their record ID, so they cannot be told apart",
    )
    OTHER_BRANCH = (
        "other-branch",
        "of the nightly builds only those of mozilla-central and comm-central are catalogued",
    )
    UNKNOWN_VERSION = ("unknown-version", "its folder or name holds no version number")
    UNKNOWN_PLATFORM = ("unknown-platform", "its folder or name holds no known platform")
    UNKNOWN_LOCALE = ("unknown-locale", "its folder is not named as a locale")
    UNKNOWN_FOLDER = ("unknown-folder", "builds do not lie in folders like this")

    # What it is.
    UPDATE = ("update", "an update for installed copies, or a tool that makes one")
    LANGUAGE_PACK = ("language-pack", "a language pack or another add-on")
    SIGNATURE = ("signature", "a signature or a key")
    CHECKSUMS = ("checksums", "checksums")
    METADATA = ("metadata", "it describes a build and is none")
    SECOND_PACKAGE = (
        "second-package",
        "another package (pkg, msi, msix, deb, aab …) of a build that is catalogued already",
    )
    WINDOWS_ZIP = ("windows-zip", "on Windows the installer is the build, not the zip beside it")
    STUB = ("stub", "a small installer that downloads the build")
    TESTS = ("tests", "material for testing")
    SYMBOLS = ("symbols", "debugging symbols")
    SOURCE = ("source", "source code")
    SDK = ("sdk", "a development kit")
    JS_SHELL = ("js-shell", "the JavaScript shell alone")
    SANITIZER = ("sanitizer", "instrumented to find memory errors, not a shipped build")
    TOOLKIT = ("toolkit", "built with another toolkit than the build of its platform")
    UNPLAIN_NAME = ("unplain-name", "its name spells version and locale in parentheses")
    OTHER_NAME = ("other-name", "its name is not that of a build of this product")
    OTHER_FILE = ("other-file", "its name ends in none of the ways in which builds do")

    def __new__(cls, slug: str, sentence: str) -> "SkipReason":
        """Make the slug the value; the sentence rides along."""
        reason = object.__new__(cls)
        reason._value_ = slug
        reason.sentence = sentence
        return reason


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that does not become a record, and why."""

    path: str
    reason: SkipReason

    @property
    def text(self) -> str:
        """One printable line that names the file and says why it is left out."""
        shown = self.path if self.path.isprintable() else ascii(self.path)
        return f"{shown}: {self.reason.sentence} ({self.reason.value})"


class NotABuild(Exception):
    """What the rules raise among themselves; ``parse_path`` turns it into a Skip."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
