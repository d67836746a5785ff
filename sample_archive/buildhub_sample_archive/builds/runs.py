"""One run of the build machines: its metadata, and when its files were written."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from buildhub_sample_archive import made_up
from buildhub_sample_archive.builds.eras import number_of
from buildhub_sample_archive.builds.history import Release

_ONE_ID_FOR_ALL_PLATFORMS = (47, 0)
"""From this version on, the platforms of a candidate have the same build ID. Before, each has its
own, a few minutes apart."""

_HTTPS_SINCE = datetime(2014, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BuildRun:
    """What all files of one run on one platform have in common.

    Attributes:
        moment: when it started, UTC: the build ID.
        branch: the repository's path, as ``releases/mozilla-beta``.
        app_version: version that the program shows; that of a beta ends before the ``b``.
    """

    product: str
    version: str
    app_version: str
    channel: str
    platform: str
    moment: datetime
    branch: str
    revision: str

    @property
    def build_id(self) -> str:
        """The 14 digits of the moment."""
        return f"{self.moment:%Y%m%d%H%M%S}"

    @property
    def repository(self) -> str:
        """URL of the source repository."""
        scheme = "https" if self.moment >= _HTTPS_SINCE else "http"
        return f"{scheme}://hg.mozilla.org/{self.branch}"


def candidate_run(release: Release, attempt: int, platform: str) -> BuildRun:
    """Return the run that built candidate *attempt*, from 1, of *release*.

    The last one starts four hours to a day before the day of release, the others earlier.
    """
    share = made_up.number(release.key, "build ID")
    moment = datetime.combine(release.day, time(), UTC) - timedelta(
        hours=6 + share % 18, minutes=share // 18 % 60, seconds=share // 1080 % 60
    )
    moment -= timedelta(hours=21) * (release.attempts - attempt)
    if number_of(release.version) < _ONE_ID_FOR_ALL_PLATFORMS:
        moment += timedelta(seconds=made_up.number(release.key, platform) % 5400)
    channel = channel_of(release)
    return BuildRun(
        product=release.product,
        version=release.version,
        app_version=_app_version(release.version),
        channel=channel,
        platform=platform,
        moment=moment,
        branch=_branch(release, channel),
        revision=made_up.revision(release.key, attempt),
    )


def released_at(release: Release) -> datetime:
    """Return the approximate time when the files of *release* were copied to their folder."""
    return datetime.combine(release.day, time(1 + made_up.number(release.key) % 15), UTC)


def channel_of(release: Release) -> str:
    """Return the update channel that a release was built for."""
    if release.product == "devedition":
        return "aurora"
    if release.version.endswith("esr"):
        return "esr"
    return "beta" if "b" in release.version else "release"


def _branch(release: Release, channel: str) -> str:
    family = "comm" if release.product == "thunderbird" else "mozilla"
    if channel == "esr":
        return f"releases/{family}-esr{number_of(release.version)[0]}"
    return f"releases/{family}-{'release' if channel == 'release' else 'beta'}"


def _app_version(version: str) -> str:
    return version.removesuffix("esr").partition("b")[0].partition("rc")[0]
