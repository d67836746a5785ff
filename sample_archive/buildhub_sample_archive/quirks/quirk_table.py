"""The table of quirks: every known oddity of the archive, with example paths.

Paths are relative to ``pub/``, unless they start with a slash. The sample has the files of this
table at every size. Its releases and nightlies have more of the same kinds.
"""

from typing import NamedTuple


class Quirk(NamedTuple):
    """One oddity.

    Attributes:
        name: short, for the names of tests.
        what: what a reader of the archive has to know, in one sentence.
        builds: paths of files that belong in the catalogue.
        losers: builds too, each with the same record ID as a file in *builds*, which gets the
            record. Which of the two it is, is our decision, not the archive's.
        others: paths of files that are not builds.
    """

    name: str
    what: str
    builds: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


RELEASE_QUIRKS = (
    Quirk(
        "documented",
        "Not odd: these are what the documentation shows, in locales that small sizes leave out.",
        builds=(
            "firefox/candidates/50.0-candidates/build1/linux-x86_64/fr/firefox-50.0.tar.bz2",
            "firefox/releases/50.0b11/mac/el/Firefox 50.0b11.dmg",
        ),
    ),
    Quirk(
        "installer-archive",
        "Version 1 for Linux has an installer too, named like the archive next to it.",
        builds=(
            "firefox/releases/1.0/linux-i686/zh-CN/firefox-1.0.installer.tar.gz",
            "firefox/releases/1.5/linux-i686/pl/firefox-1.5.tar.gz",
        ),
        losers=("firefox/releases/1.5/linux-i686/pl/firefox-1.5.installer.tar.gz",),
    ),
    Quirk(
        "flat-folder",
        "The first release candidates have platform and locale in their names, not in folders.",
        builds=(
            "firefox/releases/1.0rc2/firefox-1.0rc2.de-DE.linux-i686.installer.tar.gz",
            "firefox/releases/1.0rc2/firefox-1.0rc2.de-DE.mac.dmg",
        ),
    ),
    Quirk(
        "parentheses",
        "A Windows file with parentheses in its name is no plain installer.",
        others=("firefox/releases/1.0rc2/Firefox Setup (1.0rc2, de-DE).exe",),
    ),
    Quirk(
        "old-locale-folder",
        "Some locales were spelled with a region that they lost later.",
        builds=("firefox/releases/1.0/win32/fr-FR/Firefox Setup 1.0.exe",),
    ),
    Quirk(
        "rc-in-version",
        "A release candidate of old is a version of its own, without builds to choose from.",
        builds=("firefox/releases/1.5rc2/linux-i686/en-US/firefox-1.5rc2.tar.gz",),
    ),
    Quirk(
        "four-numbers",
        "Versions of two to four numbers, and archives packed with gzip, up to version 2.",
        builds=(
            "firefox/releases/2.0.0.20/win32/en-US/Firefox Setup 2.0.0.20.exe",
            "firefox/releases/2.0.0.20/linux-i686/en-US/firefox-2.0.0.20.tar.gz",
            "thunderbird/releases/2.0.0.22/win32/ca/Thunderbird Setup 2.0.0.22.exe",
        ),
    ),
    Quirk(
        "spelled-version",
        "Files of old betas spell the version out: the folder has the version.",
        builds=("firefox/releases/4.0b12/win32/ru/Firefox Setup 4.0 Beta 12.exe",),
    ),
    Quirk(
        "three-part-locale",
        "Japanese on the Mac has a locale of three parts.",
        builds=("firefox/releases/3.5.9/mac/ja-JP-mac/Firefox 3.5.9.dmg",),
    ),
    Quirk(
        "locale-variant",
        "A variant is written in lower case, unlike a region.",
        builds=("firefox/releases/89.0/linux-x86_64/ca-valencia/firefox-89.0.tar.bz2",),
    ),
    Quirk(
        "eu-ballot",
        "One version had a Windows platform of its own for the choice of browsers in Europe.",
        builds=("firefox/releases/3.6/win32-EUballot/de/Firefox Setup 3.6.exe",),
    ),
    Quirk(
        "mac-platforms",
        "Macs had more than one kind of processor, and of folder.",
        builds=(
            "firefox/releases/1.5.0.1/mac-ppc/en-US/Firefox 1.5.0.1.dmg",
            "firefox/nightly/2010/07/2010-07-20-03-mozilla-central/"
            "firefox-4.0b2pre.en-US.mac64.dmg",
        ),
    ),
    Quirk(
        "odd-version",
        "Some versions' folders hold more than a version; it is kept as it is.",
        builds=(
            "firefox/releases/3.6.4plugin2/linux-i686/sv-SE/firefox-3.6.4plugin2.tar.bz2",
            "firefox/releases/3.6.3plugin1/win32/en-US/Firefox Setup 3.6.3plugin1.exe",
            "firefox/releases/3.0.19-real-real/mac/fr/Firefox 3.0.19-real-real.dmg",
            "firefox/releases/38.0.5b1-2/linux-i686/en-US/firefox-38.0.5b1.tar.bz2",
            "firefox/releases/38.0.5b3/linux-x86_64/pt-PT/firefox-38.0.5b3.tar.bz2",
        ),
    ),
    Quirk(
        "esr",
        "Extended support releases say so in their version; Thunderbird's did not until 128.",
        builds=(
            "firefox/releases/10.0.2esr/win32/hy-AM/Firefox Setup 10.0.2esr.exe",
            "firefox/releases/128.8.0esr/linux-x86_64/de/firefox-128.8.0esr.tar.bz2",
            "firefox/candidates/60.2.0esr-candidates/build2/win32/en-GB/"
            "Firefox Setup 60.2.0esr.exe",
            "mobile/releases/10.0.3esr/android/en-US/fennec-10.0.3esr.en-US.android-arm.apk",
            "thunderbird/releases/115.13.0/linux-x86_64/en-US/thunderbird-115.13.0.tar.bz2",
            "thunderbird/releases/128.8.0esr/win64/en-US/Thunderbird Setup 128.8.0esr.exe",
        ),
    ),
    Quirk(
        "special-platform",
        "Builds without DRM, or signed in the old way, have platforms of their own.",
        builds=(
            "firefox/releases/45.0/win32-sha1/de/Firefox Setup 45.0.exe",
            "firefox/releases/50.1.0/linux-i686-EME-free/uk/firefox-50.1.0.tar.bz2",
            "firefox/releases/50.1.0/win64-EME-free/nn-NO/Firefox Setup 50.1.0.exe",
            "firefox/candidates/57.0-candidates/build4/mac-EME-free/hsb/Firefox 57.0.dmg",
            "firefox/releases/70.0.1/win64-aarch64/zh-CN/Firefox Setup 70.0.1.exe",
        ),
    ),
    Quirk(
        "funnelcake",
        "Experiments with downloads have a number of their own, some one folder deeper, and "
        "several variants that differ in that folder only.",
        builds=(
            "firefox/releases/33.1.1-funnelcake33/win32/en-US/Firefox Setup 33.1.1.exe",
            "firefox/releases/58.0.2-funnelcake137/v2/win64/en-US/Firefox Setup 58.0.2.exe",
            "firefox/candidates/58.0-candidates/build6/funnelcake134/win64/en-US/"
            "Firefox Setup 58.0.exe",
        ),
        losers=("firefox/releases/58.0.2-funnelcake137/v1/win64/en-US/Firefox Setup 58.0.2.exe",),
        others=(
            "firefox/releases/45.0-funnelcake70-testing/win32/en-US/Firefox Setup 45.0.exe",
            "firefox/releases/33.1.1-funnelcake33/win32/en-US/Firefox Setup Stub 33.1.1.exe",
        ),
    ),
    Quirk(
        "packed-with-xz",
        "Linux archives are packed with xz since 135.0, those of ESR since 140.",
        builds=(
            "firefox/releases/135.0/linux-x86_64/fr/firefox-135.0.tar.xz",
            "firefox/releases/136.0/linux-aarch64/en-US/firefox-136.0.tar.xz",
            "firefox/releases/140.2.0esr/linux-x86_64/sk/firefox-140.2.0esr.tar.xz",
            "devedition/releases/137.0b9/linux-x86_64/en-US/firefox-137.0b9.tar.xz",
        ),
        others=("firefox/releases/135.0/source/firefox-135.0.source.tar.xz",),
    ),
    Quirk(
        "developer-edition",
        "The files of Developer Edition are named like Firefox's; only the product folder differs.",
        builds=(
            "devedition/releases/54.0b12/win64/he/Firefox Setup 54.0b12.exe",
            "devedition/candidates/59.0b1-candidates/build11/mac/en-US/Firefox 59.0b1.dmg",
        ),
    ),
    Quirk(
        "many-candidates",
        "Candidates go up to two digits: build14 is later than build9.",
        builds=(
            "firefox/candidates/58.0-candidates/build6/mac/oc/Firefox 58.0.dmg",
            "firefox/candidates/61.0b9-candidates/build1/linux-i686/fy-NL/firefox-61.0b9.tar.bz2",
            "thunderbird/candidates/56.0b4-candidates/build14/linux-x86_64/ko/"
            "thunderbird-56.0b4.tar.bz2",
        ),
    ),
    Quirk(
        "fennec-platform",
        "Fennec's files spell the platform in another way than their folder, which counts.",
        builds=(
            "mobile/releases/4.0b5/maemo5-gtk/multi/fennec-4.0b5.multi.linux-gnueabi-arm.tar.bz2",
            "mobile/releases/31.0/android-x86/multi/fennec-31.0.multi.android-i386.apk",
            "mobile/releases/68.11.0/android-api-16/en-US/fennec-68.11.0.en-US.android-arm.apk",
            "mobile/candidates/57.0-candidates/build3/android-api-16/gu-IN/"
            "fennec-57.0.gu-IN.android-arm.apk",
        ),
        others=("mobile/candidates/57.0-candidates/build3/android-api-16/multi/robocop.apk",),
    ),
    Quirk(
        "stub-installer",
        "A small program that fetches the build is not the build, under any of its names.",
        builds=(
            "firefox/releases/57.0/win32/en-US/Firefox Setup 57.0.exe",
            "thunderbird/releases/60.0b10/linux-i686/ga-IE/thunderbird-60.0b10.tar.bz2",
        ),
        others=(
            "firefox/releases/57.0/win32/en-US/Firefox Installer.exe",
            "firefox/releases/40.0/win32/it/Firefox Setup Stub 40.0.exe",
            "thunderbird/releases/91.0/win32/en-US/Thunderbird Installer.exe",
        ),
    ),
    Quirk(
        "second-package",
        "The same build in another package is not a second build.",
        builds=(
            "firefox/releases/78.0/mac/en-US/Firefox 78.0.dmg",
            "thunderbird/releases/31.0/mac/es-AR/Thunderbird 31.0.dmg",
        ),
        others=(
            "firefox/releases/78.0/mac/en-US/Firefox 78.0.pkg",
            "firefox/releases/78.0/win64/en-US/Firefox Setup 78.0.msi",
            "firefox/releases/100.0/win64/multi/Firefox Setup 100.0.msix",
            "firefox/releases/122.0/linux-x86_64/en-US/firefox-122.0.deb",
            "firefox/releases/122.0/linux-x86_64/deb-l10n/firefox-l10n-fr-122.0.deb",
            "firefox/candidates/63.0-candidates/build2/win64/en-US/firefox-63.0.zip",
            "mobile/candidates/68.11.0-candidates/build2/android-api-16/multi/"
            "fennec-68.11.0.multi.android-arm.aab",
        ),
    ),
    Quirk(
        "companions",
        "Files next to builds: updates, source, language packs, signatures, checksums, tests.",
        others=(
            "firefox/releases/2.0.0.1/update/win32/en-US/firefox-2.0.0.1.complete.mar",
            "firefox/releases/60.0/update/linux-x86_64/fr/firefox-59.0-60.0.partial.mar",
            "firefox/releases/3.6/source/firefox-3.6.source.tar.bz2",
            "firefox/releases/60.0/linux-x86_64/xpi/fr.xpi",
            "firefox/releases/60.0/linux-x86_64/fr/firefox-60.0.tar.bz2.asc",
            "firefox/releases/60.0/SHA256SUMS",
            "firefox/releases/60.0/jsshell/jsshell-win64.zip",
            "firefox/candidates/63.0-candidates/build2/win64/en-US/"
            "firefox-63.0.common.tests.tar.gz",
            "firefox/candidates/63.0-candidates/build2/mac/en-US/"
            "firefox-63.0.crashreporter-symbols.zip",
            "firefox/candidates/63.0-candidates/build2/mar-tools/linux64/mar",
            "firefox/candidates/63.0-candidates/build2/beetmover-checksums/linux-x86_64/fr/"
            "firefox-63.0.checksums.beet",
            "firefox/candidates/63.0-candidates/build2/logs/release-63.0-build2.txt.gz",
        ),
    ),
    Quirk(
        "not-shipped",
        "Builds of partners and contributors, unsigned ones, archived ones, and aliases.",
        others=(
            "firefox/releases/partners/softonic/softonic-004/82.0.2/win32/es-ES/"
            "Firefox Setup 82.0.2.exe",
            "firefox/candidates/63.0-candidates/build2/partner-repacks/yandex/yandex-tr/v1/"
            "win32/tr/"
            "Firefox Setup 63.0.exe",
            "firefox/candidates/63.0-candidates/build2/contrib/solaris_tarball/"
            "firefox-63.0.en-US.solaris-11-i386.tar.bz2",
            "firefox/candidates/13.0-candidates/build2/unsigned/win32/en-US/Firefox Setup 13.0.exe",
            "firefox/candidates/archived/20.0-candidates/build1/linux-i686/en-US/"
            "firefox-20.0.tar.bz2",
            "firefox/releases/sha1-installers/43.0.4/win32/de/Firefox Setup 43.0.4.exe",
            "firefox/releases/latest/win32/de/Firefox Setup 126.0.1.exe",
            "firefox/releases/latest-esr/win32/en-US/Firefox Setup 24.2.0esr.exe",
            "thunderbird/candidates/aurora-beta-channel-switch/README.txt",
            "firefox/bundles/esr/firefox-45.0esr.bundle",
        ),
    ),
    Quirk(
        "before-version-1",
        "Versions below 1, code names, and one release candidate whose folder has no number.",
        others=(
            "firefox/releases/0.9.3/Firefox Setup 0.9.3.exe",
            "firefox/releases/0.10.1/firefox-1.0PR-i686-linux-gtk2+xft.tar.gz",
            "firefox/releases/granparadiso/alpha8/linux-i686/en-US/firefox-3.0a8.tar.bz2",
            "firefox/releases/shiretoko/alpha1/win32/en-US/Firefox Setup 3.1 Alpha 1.exe",
            "firefox/releases/namoroka/alpha1/mac/en-US/Firefox 3.6 Alpha 1.dmg",
            "thunderbird/releases/1.0rc/thunderbird-1.0rc.tar.gz",
            "thunderbird/releases/0.9/thunderbird-0.9-i686-linux-gtk2+xft.tar.gz",
            "mobile/releases/winmo/1.1a3/en-US/fennec-1.1a3.en-US.wince-arm.zip",
        ),
    ),
    Quirk(
        "other-product",
        "Products that the catalogue does not have, and keys without a product.",
        others=(
            "/favicon.ico",
            "android/releases/1.0/focus-1.0.apk",
            "calendar/sunbird/releases/1.0b1/linux-i686/sunbird-1.0b1.en-US.linux-i686.tar.bz2",
            "firebird/releases/0.7/MozillaFirebird-0.7-win32.zip",
            "labs/weave/weave-1.0.xpi",
            "nspr/releases/v4.9/src/nspr-4.9.tar.gz",
            "opus/releases/opus-1.0.tar.gz",
            "pinebuild/releases/102.0/linux-x86_64/en-US/pinebuild-102.0.tar.bz2",
            "seamonkey/releases/2.49.1/linux-i686/en-US/seamonkey-2.49.1.tar.bz2",
            "security/nss/releases/NSS_3_30_RTM/src/nss-3.30.tar.gz",
            "system-addons/hotfix/hotfix-1.xpi",
            "webtools/bugzilla-4.0.tar.gz",
        ),
    ),
    Quirk(
        "folder-marker",
        "An object whose key is a folder's path is listed as a file without a name.",
        others=("thunderbird/releases/", "firefox/nightly/2017/"),
    ),
    Quirk(
        "index-page",
        "A folder with an index page of its own was shown as that page, whoever asked.",
        others=("mobile/releases/winmo/index.html",),
    ),
    Quirk(
        "round-size",
        "Inventories write some large sizes with an exponent.",
        builds=("firefox/releases/33.1.1-funnelcake33/win32/de/Firefox Setup 33.1.1.exe",),
        others=("firefox/bundles/esr/mozilla-esr45.hg.bundle",),
    ),
    Quirk(
        "unencoded-key",
        "Inventories have rows whose key was never encoded.",
        builds=("firefox/releases/61.0.2/win64/it/Firefox Setup 61.0.2.exe",),
    ),
)

EXACT_SIZES = {
    "firefox/releases/33.1.1-funnelcake33/win32/de/Firefox Setup 33.1.1.exe": 40_000_000,
    "firefox/bundles/esr/mozilla-esr45.hg.bundle": 20_000_000_000,
    "thunderbird/releases/": 0,
    "firefox/nightly/2017/": 0,
}
"""The files whose size matters, in bytes."""

UNENCODED_KEYS = frozenset({"pub/firefox/releases/61.0.2/win64/it/Firefox Setup 61.0.2.exe"})
"""The rows that inventories write as they are."""
