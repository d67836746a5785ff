"""Folder names: the dated folders of nightlies, and folders that hold no builds."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason


@dataclass(frozen=True, slots=True)
class NightlyFolder:
    """A dated folder, as ``2017-09-14-10-01-24-mozilla-central-android-api-16-old-id``.

    Attributes:
        digits: date and time without dashes: the build ID of its builds. 10 digits (to the hour)
            until mid-2011, then 14.
        platform: the platform if the folder names it instead of its files, else None.
        old_id: published a second time, under the application's former ID.
        localized: holds the builds in all locales but en-US.
    """

    digits: str
    platform: str | None
    old_id: bool
    localized: bool


# No word may begin with a digit: it could not be distinguished from the date before it, which is
# part of the record ID.
_NIGHTLY_FOLDER = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}(?:-[0-9]{2}-[0-9]{2})?)-"
    r"(?:(?:[0-9]+|[a-z][a-z0-9]*)-)*(?:mozilla|comm)-central(?P<extra>(?:-[a-z0-9_-]+)?)"
)

# Only folders contain Android's API level; the files are all named android-arm.
_API_PLATFORM = re.compile(r"android-api-[0-9]+")

# Words in a dated folder's name that say why its builds are not catalogued.
_NIGHTLY_RULES = (
    (SkipReason.ALIAS, re.compile(r"^latest")),
    (SkipReason.AURORA_NIGHTLY, re.compile(r"aurora")),
    (SkipReason.DEBUG, re.compile(r"debug")),
    (SkipReason.SANITIZER, re.compile(r"asan")),
    (SkipReason.EXPERIMENTAL, re.compile(r"stylo-bindings|experimental|dominspector")),
    (SkipReason.TEST_FOLDER, re.compile(r"\btest(?:ing)?\b")),
    (SkipReason.OTHER_BRANCH, re.compile(r"^(?!.*(?:mozilla|comm)-central)")),
)

# Why files are skipped in a folder that cannot be parsed: reason, and a pattern for the folder's
# path with a slash at both ends. The first pattern that matches is used.
_FOLDER_RULES = (
    (SkipReason.ARCHIVED, re.compile(r"/candidates/archived/")),
    (SkipReason.PARTNER, re.compile(r"/(?:partner(?:s|-repacks)|custom-updates)/")),
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


_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){3}(?:(?:-[0-9]{2}){2})?(?=-)")


def folder_digits(name: str) -> str:
    """Return date and time in the name of a dated folder, without dashes: a build ID."""
    found = _DATE.match(name)
    assert found is not None, f"{name} is not a dated folder"  # noqa: S101
    return found[0].replace("-", "")


@lru_cache(maxsize=4096)
def parse_nightly_folder(name: str) -> NightlyFolder:
    """Parse the name of a dated folder.

    Raises:
        NotABuild: not dated, or a branch or kind that is not catalogued.
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
    """Return why nothing in *folder* is a build, or *otherwise* if no rule says why.

    Args:
        folder: the path, without a slash at its end.
        otherwise: the reason that the folder's parser raised.
    """
    closed = f"/{folder}/"
    fitting = (reason for reason, pattern in _FOLDER_RULES if pattern.search(closed))
    return next(fitting, otherwise)
