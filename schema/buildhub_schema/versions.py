"""The order of versions, as a text that sorts in that order in a database or an index."""

import re
from functools import lru_cache

from mozilla_version.version import VersionType

# What may follow the numbers of a version, least mature first, with its rank. Ranks are ten times
# those of mozilla-version; `plugin` (previews of 3.6.4) and a bare `pre` (trunk before its release)
# are in between.
_STEPS = {
    "a": VersionType.NIGHTLY.value * 10,
    "b": VersionType.BETA.value * 10,
    "plugin": VersionType.BETA.value * 10 + 1,
    "pre": VersionType.BETA.value * 10 + 2,
    "rc": VersionType.RELEASE_CANDIDATE.value * 10,
    "": VersionType.RELEASE.value * 10,
    "esr": VersionType.ESR.value * 10,
}

_WORDS = {"alpha": "a", "beta": "b", "rc": "rc"}

_ORDERED = re.compile(
    r"(?P<numbers>[0-9]{1,5}(?:\.[0-9]{1,5}){0,3})"
    r"(?:-(?P<word>alpha|beta|rc)\.(?P<word_number>[0-9]{1,5})|"
    r"(?P<step>(?:a|b|rc|plugin)(?=[0-9])|esr|pre|)(?P<number>(?:(?<=[a-z])[0-9]{1,5})?))"
    r"(?P<pre>(?:pre)?)(?:rc(?P<candidate>[0-9]{1,5}|20[0-9]{12}))?(?P<rest>(?:-[a-z0-9-]*)?)"
)
_NUMBER_COUNT = 4
_WIDTH = 5

# A candidate comes before its release.
_NO_CANDIDATE = "9" * (_WIDTH + 1)


def is_version(text: str) -> bool:
    """Return whether a text is a version in a known form."""
    return _ORDERED.fullmatch(text) is not None


@lru_cache(maxsize=8192)
def version_order(version: str) -> str:
    """Return a text that sorts, character by character, in the order of versions.

    53.0a1 < 53.0b9rc1 < 53.0b9 < 53.0b10 < 53.0rc1 < 53.0 < 53.0-funnelcake1 < 53.0esr < 53.0.1,
    and 97.0.0-beta.2 < 97.0.0-rc.1 < 97.0.0, as Firefox for Android was numbered at first.
    Never raises: a text in no known form sorts before all versions.
    """
    found = _ORDERED.fullmatch(version)
    if found is None:
        return f"0:{version}"
    numbers = [number.zfill(_WIDTH) for number in found["numbers"].split(".")]
    numbers += ["0" * _WIDTH] * (_NUMBER_COUNT - len(numbers))
    rest = re.sub("[0-9]+", lambda digits: digits[0].zfill(_WIDTH), found["rest"])
    return "1:{numbers}:{step:02}:{number}:{finished}:{candidate}{rest}".format(
        numbers=".".join(numbers),
        step=_STEPS[_WORDS.get(found["word"], found["step"])],
        number=(found["word_number"] or found["number"]).zfill(_WIDTH),
        finished=0 if found["pre"] else 1,
        candidate=(found["candidate"] or _NO_CANDIDATE).zfill(_WIDTH + 1),
        rest=rest,
    )
