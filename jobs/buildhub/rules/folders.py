"""What the folders of the archive say: dated ones of nightlies, and those that hold no builds."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason


@dataclass(frozen=True, slots=True)
class NightlyFolder:
    """A dated folder, as ``2017-09-14-10-01-24-mozilla-central-android-api-16-old-id``.

    Attributes:
        digits: date and time without dashes: the build ID of what lies in it. 10 digits (to the
            hour) until mid-2011, then 14.
        platform: the platform that the folder names in place of its files, or None.
        old_id: published a second time for those who had the application under its former name.
        localized: holds the builds in other languages, beside the folder of the same date.
    """

    digits: str
    platform: str | None
    old_id: bool
    localized: bool


# Digits and words take turns with dashes: a word that began with a digit could not be told from
# the date before it, which goes into the record ID.
_NIGHTLY_FOLDER = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}(?:-[0-9]{2}-[0-9]{2})?)-"
    r"(?:(?:[0-9]+|[a-z][a-z0-9]*)-)*(?:mozilla|comm)-central(?P<extra>(?:-[a-z0-9_-]+)?)"
)

# Only Android's API levels are told by the folder; their files say android-arm throughout.
_API_PLATFORM = re.compile(r"android-api-[0-9]+")

# Words in a dated folder that say what it holds instead of catalogued builds.
_NIGHTLY_RULES = (
    (SkipReason.ALIAS, re.compile(r"^latest")),
    (SkipReason.AURORA_NIGHTLY, re.compile(r"aurora")),
    (SkipReason.DEBUG, re.compile(r"debug")),
    (SkipReason.SANITIZER, re.compile(r"asan")),
    (SkipReason.EXPERIMENTAL, re.compile(r"stylo-bindings|experimental|dominspector")),
    (SkipReason.TEST_FOLDER, re.compile(r"\btest(?:ing)?\b")),
    (SkipReason.OTHER_BRANCH, re.compile(r"^(?!.*(?:mozilla|comm)-central)")),
)

# What a folder that cannot be read says about its files: reason and a pattern for the folder's
# path, a slash at both ends. The first that fits is the reason.
_FOLDER_RULES = (
    (SkipReason.ARCHIVED, re.compile(r"/candidates/archived/")),
    (SkipReason.PARTNER, re.compile(r"/partner(?:s|-repacks)/")),
    (SkipReason.CONTRIBUTED, re.compile(r"/contrib(?:-localized)?/")),
    (SkipReason.ALIAS, re.compile(r"/latest[^/]*/")),
    (SkipReason.BEFORE_1_0, re.compile(r"/releases/0\.")),
    (SkipReason.CODE_NAME, re.compile(r"/(?:shiretoko|granparadiso|namoroka|deerpark|bonecho)/")),
    (SkipReason.WINDOWS_MOBILE, re.compile(r"/win(?:mo|ce)[^/]*/")),
    (SkipReason.SHA1_INSTALLERS, re.compile(r"/sha1-installers/")),
    (SkipReason.EXPERIMENTAL, re.compile(r"experimental|stylo-bindings|dominspector")),
    (SkipReason.TEST_FOLDER, re.compile(r"/test/|testing")),
    (SkipReason.DEBUG, re.compile(r"debug")),
    (SkipReason.UNSIGNED, re.compile(r"/unsigned/")),
    (SkipReason.UPDATE, re.compile(r"/(?:update|mar-tools|partials)/")),
    (SkipReason.SOURCE, re.compile(r"/source/")),
    (SkipReason.JS_SHELL, re.compile(r"/jsshell/")),
    (SkipReason.LANGUAGE_PACK, re.compile(r"/(?:xpi|deb-l10n)/")),
    (SkipReason.CHECKSUMS, re.compile(r"/beetmover-checksums/")),
    (SkipReason.METADATA, re.compile(r"/logs/")),
)


@lru_cache(maxsize=4096)
def parse_nightly_folder(name: str) -> NightlyFolder:
    """Return what a dated folder's name says.

    Raises:
        NotABuild: not dated, or of a branch or kind that is not catalogued.
    """
    for reason, refused in _NIGHTLY_RULES:
        if refused.search(name):
            raise NotABuild(reason)
    found = _NIGHTLY_FOLDER.fullmatch(name)
    if found is None:
        raise NotABuild(SkipReason.UNKNOWN_FOLDER)
    api_platform = _API_PLATFORM.search(found["extra"])
    return NightlyFolder(
        digits=found["date"].replace("-", ""),
        platform=api_platform and api_platform[0],
        old_id="-old-id" in found["extra"],
        localized="-l10n" in found["extra"],
    )


def explain_folder(folder: str, otherwise: SkipReason = SkipReason.UNKNOWN_FOLDER) -> SkipReason:
    """Return why nothing in *folder* is a build, *otherwise* where no rule knows it.

    Args:
        folder: the path without the file's name and the slash before it.
        otherwise: what the reader of the folder found wrong with it.
    """
    closed = f"/{folder}/"
    fitting = (reason for reason, pattern in _FOLDER_RULES if pattern.search(closed))
    return next(fitting, otherwise)
