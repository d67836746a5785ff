"""The quirks of nightly builds, and of builds that nobody released. See `quirk_table`."""

from buildhub_sample_archive.quirks.quirk_table import Quirk

_FIREFOX = "firefox/nightly"
_MOBILE = "mobile/nightly"
_THUNDERBIRD = "thunderbird/nightly"

NIGHTLY_QUIRKS = (
    Quirk(
        "trunk",
        "Nightlies from before Mercurial, whose branch is called trunk, are not catalogued.",
        others=(
            f"{_FIREFOX}/2004/11/2004-11-18-06-trunk/firefox-1.0+.en-US.win32.zip",
            f"{_FIREFOX}/2007/11/2007-11-20-04-trunk/firefox-3.0b2pre.en-US.linux-i686.tar.bz2",
        ),
    ),
    Quirk(
        "four-part-date",
        "Up to mid-2011 a folder's date ends with the hour, so that six pieces of its name take in "
        "the branch.",
        builds=(
            f"{_FIREFOX}/2008/08/2008-08-01-03-mozilla-central/"
            "firefox-3.1a2pre.en-US.linux-i686.tar.bz2",
            f"{_FIREFOX}/2011/06/2011-06-10-03-07-35-mozilla-central/firefox-7.0a1.en-US.mac.dmg",
        ),
    ),
    Quirk(
        "two-branches-one-run",
        "Cut after six pieces, the folders of Thunderbird's two central branches read the same.",
        builds=(
            f"{_THUNDERBIRD}/2009/05/2009-05-10-03-comm-central-trunk/"
            "thunderbird-3.0b3pre.en-US.linux-i686.tar.bz2",
        ),
        losers=(
            f"{_THUNDERBIRD}/2009/05/2009-05-10-03-comm-central/"
            "thunderbird-3.0b3pre.en-US.linux-i686.tar.bz2",
        ),
    ),
    Quirk(
        "other-branch",
        "Only the central branches are catalogued.",
        others=(
            f"{_FIREFOX}/2009/10/2009-10-05-04-mozilla-1.9.2/firefox-3.6b1pre.en-US.mac.dmg",
            f"{_FIREFOX}/2016/02/2016-02-01-00-40-19-mozilla-aurora/"
            "firefox-46.0a2.en-US.linux-i686.tar.bz2",
            f"{_FIREFOX}/2013/08/2013-08-01-03-02-05-ux/firefox-26.0a1.en-US.mac.dmg",
            f"{_FIREFOX}/2018/06/2018-06-20-11-02-01-mozilla-beta/firefox-61.0.en-US.mac.dmg",
            f"{_THUNDERBIRD}/2018/03/2018-03-20-03-04-05-comm-esr52/"
            "thunderbird-52.7.0.en-US.mac.dmg",
            f"{_MOBILE}/2019/07/2019-07-15-10-03-11-mozilla-esr68-android-api-16/"
            "fennec-68.1a1.multi.android-arm.apk",
        ),
    ),
    Quirk(
        "debug",
        "The folders of debug builds have a day, but no time.",
        others=(
            f"{_FIREFOX}/2014/09/2014-09-20-mozilla-central-debug/"
            "firefox-35.0a1.en-US.debug-linux-i686.tar.bz2",
        ),
    ),
    Quirk(
        "windows-zip",
        "For Windows the installer is the build, even where only the archive is left.",
        others=(
            f"{_FIREFOX}/2010/07/2010-07-20-03-mozilla-central/"
            "firefox-4.0b2pre.en-US.win64-x86_64.zip",
        ),
    ),
    Quirk(
        "old-win64",
        "Early 64-bit Windows builds spell the platform in full.",
        builds=(
            f"{_FIREFOX}/2013/03/2013-03-15-03-09-52-mozilla-central/"
            "firefox-22.0a1.en-US.win64-x86_64.installer.exe",
        ),
    ),
    Quirk(
        "plain-exe",
        "A few Windows installers lack the word installer in their name.",
        builds=(
            f"{_FIREFOX}/2012/01/2012-01-20-03-12-13-mozilla-central/"
            "firefox-12.0a1.en-US.win32.installer.exe",
        ),
        losers=(
            f"{_FIREFOX}/2012/01/2012-01-20-03-12-13-mozilla-central/"
            "firefox-12.0a1.en-US.win32.exe",
        ),
    ),
    Quirk(
        "locales-apart",
        "Other locales are in a parallel folder, together with copies of the en-US builds for "
        "Windows.",
        builds=(
            f"{_FIREFOX}/2017/07/2017-07-12-10-03-01-mozilla-central/"
            "firefox-56.0a1.en-US.win64.installer.exe",
            f"{_FIREFOX}/2017/07/2017-07-12-10-03-01-mozilla-central-l10n/"
            "firefox-56.0a1.ja-JP-mac.mac.dmg",
            f"{_FIREFOX}/2018/04/2018-04-11-22-03-46-mozilla-central-l10n/"
            "firefox-61.0a1.pa-IN.linux-x86_64.tar.bz2",
            f"{_THUNDERBIRD}/2018/03/2018-03-20-04-02-10-comm-central-l10n/"
            "thunderbird-61.0a1.nb-NO.mac.dmg",
            f"{_FIREFOX}/2017/05/2017-05-03-03-02-12-mozilla-central/"
            "firefox-55.0a1.en-US.win64.installer.exe",
        ),
        losers=(
            f"{_FIREFOX}/2017/07/2017-07-12-10-03-01-mozilla-central-l10n/"
            "firefox-56.0a1.en-US.win64.installer.exe",
        ),
        others=(
            f"{_FIREFOX}/2018/04/2018-04-11-22-03-46-mozilla-central-l10n/"
            "Firefox Installer.pa-IN.exe",
            f"{_FIREFOX}/2018/04/2018-04-11-22-03-46-mozilla-central-l10n/linux-x86_64/xpi/"
            "firefox-61.0a1.pa-IN.langpack.xpi",
            f"{_FIREFOX}/2016/07/2016-07-07-03-02-06-mozilla-central/"
            "firefox-50.0a1.en-US.win32.installer-stub.exe",
        ),
    ),
    Quirk(
        "new-platforms",
        "ARM came to Windows in 2019 and to Linux in 2024; archives are packed with xz since.",
        builds=(
            f"{_FIREFOX}/2019/01/2019-01-30-21-55-39-mozilla-central/"
            "firefox-67.0a1.en-US.win64-aarch64.installer.exe",
            f"{_FIREFOX}/2024/05/2024-05-17-09-41-12-mozilla-central/"
            "firefox-128.0a1.en-US.linux-aarch64.tar.bz2",
            f"{_FIREFOX}/2025/01/2025-01-06-09-47-46-mozilla-central-l10n/"
            "firefox-135.0a1.cy.linux-x86_64.tar.xz",
        ),
    ),
    Quirk(
        "special-nightlies",
        "Builds with a sanitizer, development kits, bindings, and metadata that is not.",
        others=(
            f"{_FIREFOX}/2020/10/2020-10-30-03-48-30-mozilla-central/"
            "firefox-84.0a1.en-US.linux-x86_64-asan-reporter.tar.bz2",
            f"{_FIREFOX}/2020/10/2020-10-30-03-48-30-mozilla-central/"
            "firefox-84.0a1.en-US.linux-i686.mozinfo.json",
            f"{_FIREFOX}/2016/07/2016-07-07-03-02-06-mozilla-central/"
            "firefox-50.0a1.en-US.win32.sdk.zip",
            f"{_FIREFOX}/2017/03/2017-03-10-10-00-01-mozilla-central-stylo-bindings/"
            "firefox-55.0a1.en-US.linux-x86_64.tar.bz2",
            f"{_FIREFOX}/2017/07/2017-07-12-10-03-01-mozilla-central/mar-tools/linux64/mar",
        ),
    ),
    Quirk(
        "aliases",
        "Folders whose files are overwritten every night, and partial updates.",
        others=(
            f"{_FIREFOX}/latest-mozilla-central/firefox-62.0a1.en-US.mac.dmg",
            f"{_FIREFOX}/latest-mozilla-central-l10n/firefox-62.0a1.fr.linux-x86_64.tar.bz2",
            f"{_FIREFOX}/partials/2018/06/2018-06-20-10-01-30-mozilla-central/"
            "firefox-mozilla-central-62.0a1-linux-x86_64-en-US-20180619-20180620.partial.mar",
            f"{_FIREFOX}/experimental/2016-01-01-electrolysis/firefox-46.0a1.en-US.mac.dmg",
            "devedition/nightly/latest-mozilla-aurora/firefox-54.0a2.en-US.mac.dmg",
        ),
    ),
    Quirk(
        "fennec-folders",
        "Fennec's folders name the platform, which counts if it is an API; en-US is a level down.",
        builds=(
            f"{_MOBILE}/2010/12/2010-12-01-03-mozilla-central-linux/"
            "fennec-4.0b3pre.multi.linux-i686.tar.bz2",
            f"{_MOBILE}/2015/06/2015-06-30-03-02-04-mozilla-central-android-api-11/"
            "fennec-42.0a1.multi.android-arm.apk",
            f"{_MOBILE}/2018/10/2018-10-01-10-01-42-mozilla-central-android-api-16/en-US/"
            "fennec-64.0a1.en-US.android-arm.apk",
            f"{_MOBILE}/2018/10/2018-10-01-10-01-42-mozilla-central-android-api-16-l10n/"
            "fennec-64.0a1.sl.android-arm.apk",
        ),
    ),
    Quirk(
        "fennec-two-interfaces",
        "In early 2012 Android builds of two user interfaces have files of one name.",
        builds=(
            f"{_MOBILE}/2012/04/2012-04-10-03-05-50-mozilla-central-android/"
            "fennec-14.0a1.en-US.android-arm.apk",
        ),
        losers=(
            f"{_MOBILE}/2012/04/2012-04-10-03-05-50-mozilla-central-android-xul/"
            "fennec-14.0a1.en-US.android-arm.apk",
        ),
    ),
    Quirk(
        "old-id",
        "In 2017 Fennec was published under its older application ID as well.",
        builds=(
            f"{_MOBILE}/2017/05/2017-05-30-10-01-27-mozilla-central-android-api-15-old-id/"
            "fennec-55.0a1.multi.android-arm.apk",
            f"{_MOBILE}/2017/09/2017-09-14-10-01-24-mozilla-central-android-api-16-old-id/"
            "fennec-57.0a1.multi.android-arm.apk",
            f"{_MOBILE}/2017/09/2017-09-14-10-01-24-mozilla-central-android-x86-old-id/"
            "fennec-57.0a1.multi.android-i386.apk",
        ),
    ),
    Quirk(
        "never-released",
        "Builds of single changes and of branches that people try things on.",
        others=(
            "firefox/tinderbox-builds/mozilla-inbound-linux64/1431500400/"
            "firefox-41.0a1.en-US.linux-x86_64.tar.bz2",
            "firefox/try-builds/someone@example.com-8fcac92cfcad/try-linux64/"
            "firefox-38.0a1.en-US.linux-x86_64.tar.bz2",
            "thunderbird/tinderbox-builds/comm-central-win32/1431500400/"
            "thunderbird-41.0a1.en-US.win32.installer.exe",
            "firefox/nightly/contrib/latest-trunk/firefox-3.0a1.en-US.solaris2.10-i386.tar.bz2",
        ),
    ),
)
