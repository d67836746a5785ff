"""What a version should have, and what of that is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.versions.expected import (
    OWN_LIST,
    Gap,
    Version,
    expected_locales,
    find_gaps,
    group_gaps,
)
from kinto_buildhub.catalog.versions.lists import listed_locales
from kinto_buildhub.catalog.versions.platforms import may_have

OTHERS = "other platforms of 53.0b9"


def version(name: str = "53.0b9", **locales: str) -> Version:
    """Return a version: ``win32="en-US fr"``; `_` in names of platforms is `-`."""
    return Version(
        name, {key.replace("_", "-"): frozenset(text.split()) for key, text in locales.items()}
    )


@pytest.mark.parametrize(
    ("this", "listed", "before", "gaps"),
    [
        pytest.param(
            version(win32="en-US fr", win64="en-US fr"),
            "en-US fr", None, [],
            id="complete",
        ),
        pytest.param(
            version(win32="en-US fr", win64="en-US"),
            "en-US fr", None, [("win64", "fr", OWN_LIST)],
            id="one-platform-lacks-a-listed-locale",
        ),
        pytest.param(
            version(win32="en-US", win64="en-US"),
            "en-US fr", None, [("win32", "fr", OWN_LIST), ("win64", "fr", OWN_LIST)],
            id="no-platform-has-a-listed-locale",
        ),
        pytest.param(
            version(win32="en-US ja", macosx="en-US ja-JP-mac"),
            "en-US ja ja-JP-mac", None, [],
            id="japanese-is-another-on-mac",
        ),
        pytest.param(
            version(win32="en-US", macosx="en-US", macosx_eme_free="en-US"),
            "en-US ja ja-JP-mac", None,
            [("macosx", "ja-JP-mac", OWN_LIST), ("macosx-eme-free", "ja-JP-mac", OWN_LIST),
             ("win32", "ja", OWN_LIST)],
            id="each-japanese-is-missed-where-it-belongs",
        ),
        pytest.param(
            version(win32="en-US de xx"),
            "en-US de", version("53.0b8", win32="en-US de fr"), [],
            id="with-a-list-nothing-else-counts",
        ),
        pytest.param(
            version(win32="en-US fr", win64="en-US"),
            None, None, [("win64", "fr", OTHERS)],
            id="without-a-list-the-other-platforms-count",
        ),
        pytest.param(
            version(win32="en-US", win64="en-US"),
            None, version("53.0b8", win32="en-US fr"),
            [("win32", "fr", "53.0b8"), ("win64", "fr", "53.0b8")],
            id="without-a-list-the-version-before-counts",
        ),
        pytest.param(
            version(win32="en-US fr", win64="en-US"),
            None, version("53.0b8", win32="en-US fr", win64="en-US fr"),
            [("win64", "fr", OTHERS)],
            id="the-version-itself-is-the-nearer-authority",
        ),
        pytest.param(
            version(win32="en-US"),
            None, version("53.0b8", win32="en-US", linux_i686="en-US"), [],
            id="a-platform-that-ended-is-not-expected",
        ),
        pytest.param(
            version(win32="en-US fr", win64_aarch64="en-US"),
            None, version("53.0b8", win32="en-US fr"), [("win64-aarch64", "fr", OTHERS)],
            id="a-platform-that-begins-is-expected-in-full",
        ),
        pytest.param(
            version(win32="en-US ja"),
            None, version("53.0b8", macosx="en-US ja-JP-mac"), [],
            id="without-a-list-japanese-stays-where-it-belongs",
        ),
        pytest.param(
            version(android_api_16="en-US multi fr", android_x86="en-US multi"),
            "en-US fr multi", None, [],
            id="x86-has-english-and-all-in-one",
        ),
        pytest.param(
            version(android_api_16="en-US multi fr", android_aarch64="en-US"),
            "en-US fr multi", None, [("android-aarch64", "multi", OWN_LIST)],
            id="but-these-two",
        ),
        pytest.param(
            version(win32="en-US fr de", win32_euballot="fr"),
            "en-US fr de", None, [],
            id="of-a-ballot-nothing-is-expected",
        ),
        pytest.param(
            version(win32="en-US fr", win32_sha1="en-US"),
            "en-US fr", None, [("win32-sha1", "fr", OWN_LIST)],
            id="of-sha1-all-is-expected",
        ),
    ],
)  # fmt: skip
def test_what_is_missing(
    this: Version,
    listed: str | None,
    before: Version | None,
    gaps: list[tuple[str, str, str]],
) -> None:
    expected = expected_locales(
        this, listed=None if listed is None else listed.split(), before=before
    )
    assert [(gap.platform, gap.locale, gap.authority) for gap in find_gaps(this, expected)] == gaps


_LOCALES = st.frozensets(st.sampled_from(["en-US", "fr", "ja", "ja-JP-mac", "multi"]))
_VERSIONS = st.builds(
    Version,
    st.just("53.0b9"),
    st.dictionaries(
        st.sampled_from(["win32", "macosx", "android-x86", "win32-euballot"]), _LOCALES
    ),
)


@given(_VERSIONS, st.none() | _LOCALES, st.none() | _VERSIONS)
def test_what_is_expected_is_there_or_missing_never_both(
    this: Version, listed: frozenset[str] | None, before: Version | None
) -> None:
    expected = expected_locales(this, listed=listed, before=before)
    gaps = {(gap.platform, gap.locale) for gap in find_gaps(this, expected)}
    assert expected.keys() == this.locales.keys()
    for platform, locales in expected.items():
        for locale in locales:
            assert may_have(platform, locale)
            assert (locale in this.locales[platform]) != ((platform, locale) in gaps)


def test_gaps_are_grouped_by_platforms_and_authority() -> None:
    gaps = [Gap("win32", "fr", OWN_LIST), Gap("win32", "af", OWN_LIST)]
    gaps += [Gap("win64", "fr", OWN_LIST), Gap("win64", "de", OTHERS)]
    assert [(each.platforms, each.locales, each.authority) for each in group_gaps(gaps)] == [
        (("win32", "win64"), ("fr",), OWN_LIST),
        (("win32",), ("af",), OWN_LIST),
        (("win64",), ("de",), OTHERS),
    ]


@pytest.mark.parametrize(
    ("product", "name", "count"),
    [
        pytest.param("firefox", "53.0b9", 94, id="beta"),
        pytest.param("firefox", "52.0esr", 93, id="esr"),
        pytest.param("fennec", "50.0", 84, id="fennec-has-one-with-all"),
        pytest.param("firefox", "1.0", None, id="before-there-were-lists"),
        pytest.param("firefox", "55.0a1", None, id="nightly"),
        pytest.param("firefox", "50.0rc1", None, id="candidate"),
        pytest.param("netscape", "4.0", None, id="no-such-product"),
    ],
)
def test_the_list_is_that_of_the_release_itself(product: str, name: str, count: int | None) -> None:
    locales = listed_locales(product, name)
    assert (locales and len(locales)) == count
