"""Who has a record ID that several builds would take."""

import pytest
from buildhub.rules.canonical_path import canonical_path
from buildhub.rules.paths import Build, parse_build, parse_path
from buildhub.rules.precedence import RULES, is_preferred, preference, why_preferred
from hypothesis import given, settings

from tests.jobs.rules.archive_paths import Target, spellings, targets

NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
FENNEC = "pub/mobile/nightly/2012/04/2012-04-10-03-05-50-mozilla-central-android"
THUNDERBIRD = "pub/thunderbird/nightly/2009/05/2009-05-10-03-comm-central"
FUNNELCAKE = "pub/firefox/releases/58.0.2-funnelcake137"

RIVALS = [
    pytest.param(
        "pub/firefox/releases/4.0rc1/win32/de/Firefox Setup 4.0 RC 1.exe",
        "pub/firefox/candidates/4.0-candidates/build1/win32/de/Firefox Setup 4.0.exe",
        "a genuine release candidate",
        id="a genuine release candidate, and the first attempt at the final version",
    ),
    pytest.param(
        "pub/firefox/candidates/60.0-candidates/build1/win32/de/Firefox Setup 60.0.exe",
        "pub/firefox/releases/60.0rc1/win32/de/Firefox Setup 60.0rc1.exe",
        "it lies where",
        id="no release is called a candidate since 5.0",
    ),
    pytest.param(
        "pub/firefox/candidates/58.0-candidates/build6/funnelcake134/win64/de/"
        "Firefox Setup 58.0.exe",
        "pub/firefox/releases/58.0rc6-funnelcake134/win64/de/Firefox Setup 58.0.exe",
        "it lies where",
        id="a funnelcake of a candidate",
    ),
    pytest.param(
        "pub/firefox/releases/1.5/linux-i686/pl/firefox-1.5.tar.gz",
        "pub/firefox/releases/1.5/linux-i686/pl/firefox-1.5.installer.tar.gz",
        "the plain archive",
        id="an archive, and the same with an installer in it",
    ),
    pytest.param(
        "pub/firefox/releases/1.0rc2/linux-i686/de-DE/firefox-1.0rc2.tar.gz",
        "pub/firefox/releases/1.0rc2/firefox-1.0rc2.de-DE.linux-i686.installer.tar.gz",
        "a build in folders for",
        id="folders for platform and locale, and none",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.installer.exe",
        f"{NIGHTLY}-l10n/firefox-62.0a1.en-US.win64.installer.exe",
        "the dated folder comes before",
        id="the copy of the English installer among the locales",
    ),
    pytest.param(
        f"{NIGHTLY}-l10n/firefox-62.0a1.de.win64.installer.exe",
        f"{NIGHTLY}/firefox-62.0a1.de.win64.installer.exe",
        "it lies where",
        id="a locale's build in the English folder",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.installer.exe",
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.exe",
        "it lies where",
        id="an installer not named so",
    ),
    pytest.param(
        f"{FENNEC}/fennec-14.0a1.multi.android-arm.apk",
        f"{FENNEC}-xul/fennec-14.0a1.multi.android-arm.apk",
        "the dated folder with the shorter name",
        id="two Fennecs of one run",
    ),
    pytest.param(
        f"{THUNDERBIRD}-trunk/thunderbird-3.0b3pre.en-US.mac.dmg",
        f"{THUNDERBIRD}/thunderbird-3.0b3pre.en-US.mac.dmg",
        "it lies where",
        id="two names of one branch, while the longer was in use",
    ),
    pytest.param(
        f"{FUNNELCAKE}/win64/en-US/Firefox Setup 58.0.2.exe",
        f"{FUNNELCAKE}/v1/win64/en-US/Firefox Setup 58.0.2.exe",
        "a build in the version's own folders",
        id="a funnelcake, and one a folder deeper",
    ),
    pytest.param(
        f"{FUNNELCAKE}/v10/win64/en-US/Firefox Setup 58.0.2.exe",
        f"{FUNNELCAKE}/v9/win64/en-US/Firefox Setup 58.0.2.exe",
        "the higher number",
        id="attempts at a funnelcake, ten after nine",
    ),
    pytest.param(
        "pub/firefox/releases/134.0/linux-x86_64/de/firefox-134.0.tar.bz2",
        "pub/firefox/releases/134.0/linux-x86_64/de/firefox-134.0.tar.xz",
        "it lies where",
        id="a packaging before its time",
    ),
    pytest.param(
        "pub/firefox/releases/135.0/linux-x86_64/de/firefox-135.0.tar.xz",
        "pub/firefox/releases/135.0/linux-x86_64/de/firefox-135.0.tar.bz2",
        "packagings are preferred",
        id="a packaging after its time",
    ),
    pytest.param(
        "pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg",
        "pub/firefox/releases/60.0/mac/de/firefox-60.0.zip",
        "packagings are preferred",
        id="a zip on a Mac",
    ),
    pytest.param(
        "pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg",
        "pub/firefox/releases/60.0/macosx/de/Firefox 60.0.dmg",
        "the shorter name",
        id="two spellings of a platform",
    ),
    pytest.param(
        "pub/firefox/releases/3.5.9/mac/ja-JP-mac/Firefox 3.5.9.dmg",
        "pub/firefox/releases/3.5.9/mac/ja-JP-MAC/Firefox 3.5.9.dmg",
        "it lies where",
        id="two spellings of a locale",
    ),
    pytest.param(
        "pub/firefox/releases/38.0.5b1-2/win32/fr/Firefox Setup 38.0.5b1.exe",
        "pub/firefox/releases/38.0.5b1.2/win32/fr/Firefox Setup 38.0.5b1.2.exe",
        "the shorter name",
        id="dots and dashes are one in an ID",
    ),
    pytest.param(
        "pub/firefox/releases/4.0b12/win32/ru/Firefox Setup 4.0 Beta 12.exe",
        "pub/firefox/releases/4.0b12/win32/ru/Firefox Setup 4.0b12.exe",
        "it lies where",
        id="two spellings of an early beta",
    ),
    pytest.param(
        "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central/firefox-62.0a1.en-US.mac.dmg",
        "pub/firefox/nightly/2018/07/2018-06-20-10-01-30-mozilla-central/firefox-62.0a1.en-US.mac.dmg",
        "of two equal ones",
        id="a folder filed under another month",
    ),
]


@pytest.mark.parametrize(("winner", "loser", "why"), RIVALS)
def test_one_of_two_builds_has_the_id_by_a_rule_that_is_named(winner, loser, why):
    winner, loser = parse_build(winner), parse_build(loser)
    assert winner.record_id == loser.record_id
    assert preference(winner) < preference(loser)
    assert not is_preferred(loser)
    assert why_preferred(winner, loser).startswith(why)


def test_a_build_is_no_rival_of_itself():
    build = parse_build("pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg")
    with pytest.raises(ValueError, match=r"Firefox 60\.0\.dmg"):
        why_preferred(build, build)


def builds_by_id(target: Target) -> dict[str, list[Build]]:
    """Return the builds among all spellings of a target."""
    found: dict[str, list[Build]] = {}
    for path in sorted(spellings(target)):
        build = parse_path(path)
        if isinstance(build, Build):
            found.setdefault(build.record_id, []).append(build)
    return found


@settings(max_examples=15, deadline=None)
@given(targets())
def test_of_all_builds_with_one_id_one_at_most_is_a_first_choice(target):
    for builds in builds_by_id(target).values():
        first_choices = [build.path for build in builds if is_preferred(build)]
        assert len(first_choices) <= 1
        assert len({canonical_path(build) for build in builds}) == 1


@settings(max_examples=15, deadline=None)
@given(targets())
def test_of_all_builds_with_one_id_one_wins_by_a_rule_that_is_named(target):
    sentences = {rule.sentence for rule in RULES}
    for builds in builds_by_id(target).values():
        winner, *losers = sorted(builds, key=preference)
        for loser in losers:
            assert preference(winner) < preference(loser)
            assert not is_preferred(loser)
            assert why_preferred(winner, loser) in sentences


@settings(max_examples=15, deadline=None)
@given(targets())
def test_what_lies_in_the_usual_place_has_the_id_it_is_usual_for(target):
    for record_id, builds in builds_by_id(target).items():
        usual = parse_build(canonical_path(builds[0]))
        assert usual.record_id == record_id
        assert is_preferred(usual)


def test_rivals_are_met_among_the_spellings():
    target = Target("firefox", "4.0", "win32", "de", number=1, date=None)
    assert max(len(builds) for builds in builds_by_id(target).values()) > 1
