"""Why a file of the archive is skipped.

Most files of the archive are not builds. Each is skipped for one reason of this closed list, so
that a job can count them and a person can ask about one.
"""

from dataclasses import dataclass
from enum import Enum

from buildhub_schema.products import PRODUCT_NAMES, PRODUCT_PATHS


class SkipReason(Enum):
    """A reason: its value is a stable slug for counts and labels, ``sentence`` is for people."""

    sentence: str

    # Where it lies.
    NOT_A_PRODUCT = (
        "not-a-product",
        f"in no folder of a catalogued product: {', '.join(PRODUCT_PATHS)}",
    )
    NOT_COVERED = (
        "not-covered",
        f"of a product that is not covered; covered are {', '.join(PRODUCT_NAMES)}",
    )
    NO_FILE = ("no-file", "a folder, or the marker of an empty one")
    CI_BUILD = ("ci-build", "built by continuous integration or for a developer's try push")
    PARTNER = ("partner", "built for a partner, not for the public")
    ALIAS = ("alias", "latest-… folders hold copies of files from dated folders")
    CONTRIBUTED = ("contributed", "contributed, not built by Mozilla")
    BEFORE_1_0 = ("before-1.0", "versions before 1.0 are not catalogued")
    CODE_NAME = ("code-name", "a preview in a folder with a code name instead of a version")
    ARCHIVED = ("archived", "archived candidates")
    UNSIGNED = ("unsigned", "the unsigned copy of a build that is also there signed")
    EXPERIMENTAL = ("experimental", "an experiment, never offered as a build")
    SHA1_INSTALLERS = ("sha1-installers", "a copy with an old SHA-1 signature, for old systems")
    TEST_FOLDER = ("test-folder", "a test of the release process")
    DEBUG = ("debug", "a debug build")
    WINDOWS_MOBILE = ("windows-mobile", "Windows Mobile is not catalogued")
    AURORA_NIGHTLY = (
        "aurora-nightly",
        "record IDs of daily aurora builds have no date, so all builds of a version share one",
    )
    OTHER_BRANCH = (
        "other-branch",
        "only nightly builds of mozilla-central and comm-central are catalogued",
    )
    UNKNOWN_VERSION = ("unknown-version", "no version number in its folder or name")
    UNKNOWN_PLATFORM = ("unknown-platform", "no known platform in its folder or name")
    UNKNOWN_LOCALE = ("unknown-locale", "its folder is not named after a locale")
    UNKNOWN_FOLDER = ("unknown-folder", "not in a folder where builds are")

    # What it is.
    UPDATE = ("update", "an update file, or a tool for updates")
    LANGUAGE_PACK = ("language-pack", "a language pack or another add-on")
    SIGNATURE = ("signature", "a signature or a key")
    CHECKSUMS = ("checksums", "checksums")
    METADATA = ("metadata", "metadata about a build")
    SECOND_PACKAGE = (
        "second-package",
        "another package (pkg, msi, msix, deb, aab …) of a catalogued build",
    )
    WINDOWS_ZIP = ("windows-zip", "on Windows the installer is catalogued, not the zip file")
    STUB = ("stub", "a stub installer, which downloads the build")
    TESTS = ("tests", "tests, or files for testing")
    SYMBOLS = ("symbols", "debugging symbols")
    SOURCE = ("source", "source code")
    SDK = ("sdk", "a development kit")
    JS_SHELL = ("js-shell", "the JavaScript shell alone")
    SANITIZER = ("sanitizer", "instrumented with a sanitizer, not shipped")
    DEVELOPER_TOOL = ("developer-tool", "a tool for developers, in the archive beside builds")
    TOOLKIT = ("toolkit", "a variant built with another toolkit")
    UNPLAIN_NAME = ("unplain-name", "version and locale are in parentheses in its name")
    OTHER_NAME = ("other-name", "not named like a build of this product")
    OTHER_FILE = ("other-file", "no file extension of a build")

    def __new__(cls, slug: str, sentence: str) -> "SkipReason":
        """Make the slug the value, and the sentence an attribute."""
        reason = object.__new__(cls)
        reason._value_ = slug
        reason.sentence = sentence
        return reason


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that is skipped, and why."""

    path: str
    reason: SkipReason

    @property
    def text(self) -> str:
        """One printable line with the path and the reason."""
        shown = self.path if self.path.isprintable() else ascii(self.path)
        return f"{shown}: {self.reason.sentence} ({self.reason.value})"


class NotABuild(Exception):
    """Raised by the rules for a part of a path; ``parse_path`` turns it into a Skip."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
