"""What is odd among the products for Android and VPN, as a table."""

from buildhub_sample_archive.quirks.quirk_table import Quirk

MULTI_LOCALE_QUIRKS = (
    Quirk(
        "version-in-words",
        "At first, betas of Firefox for Android were numbered as Maven does it.",
        builds=(
            "fenix/releases/97.0.0-beta.2/android/fenix-97.0.0-beta.2-android-arm64-v8a/"
            "fenix-97.0.0-beta.2.multi.android-arm64-v8a.apk",
        ),
    ),
    Quirk(
        "nightly-like-a-release",
        "A nightly's version looked like that of a release, then like that of a beta.",
        builds=(
            "fenix/nightly/2022/03/2022-03-08-05-01-22-fenix-99.0.0-android-arm64-v8a/"
            "fenix-99.0.0.multi.android-arm64-v8a.apk",
            "fenix/nightly/2022/11/2022-11-14-17-01-36-fenix-108.0b1-android-arm64-v8a/"
            "fenix-108.0b1.multi.android-arm64-v8a.apk",
        ),
    ),
    Quirk(
        "universal",
        "The folder of a build for all ABIs names none; a bundle for the store lies beside it.",
        builds=(
            "fenix/releases/157.0/android/fenix-157.0-android/"
            "fenix-157.0.multi.android-universal.apk",
            "fenix/nightly/2026/07/2026-07-01-09-27-14-fenix-154.0a1-android/"
            "fenix-154.0a1.multi.android-universal.apk",
        ),
        others=(
            "fenix/releases/157.0/android/fenix-157.0-android/fenix-157.0.multi.android.aab",
            "focus/releases/156.0/android/focus-156.0-android/focus-156.0.multi.android.aab",
        ),
    ),
    Quirk(
        "shared-folder",
        "Focus and Klar lie in one folder; the names of their files tell them apart.",
        builds=(
            "focus/releases/126.0/android/focus-126.0-android-arm64-v8a/"
            "focus-126.0.multi.android-arm64-v8a.apk",
            "focus/releases/126.0/android/klar-126.0-android-arm64-v8a/"
            "klar-126.0.multi.android-arm64-v8a.apk",
            "focus/candidates/157.0-candidates/build1/android/klar-157.0-android-armeabi-v7a/"
            "klar-157.0.multi.android-armeabi-v7a.apk",
        ),
    ),
    Quirk(
        "source-beside-builds",
        "Each version of Thunderbird for Android has its source beside it; another app may come.",
        builds=("thunderbird-mobile/android/releases/21.0b2/thunderbird-21.0b2.apk",),
        others=(
            "thunderbird-mobile/android/releases/21.0b2/thunderbird-21-0b2.tar.gz",
            "thunderbird-mobile/android/releases/21.0b2/k9mail-21.0b2.apk",
            "thunderbird-mobile/android/nightly/latest-main/thunderbird-24.0a1.apk",
        ),
    ),
    Quirk(
        "number-is-build-id",
        "The candidates of Mozilla VPN are numbered by build ID.",
        builds=(
            "vpn/candidates/2.39.0-candidates/build20260720210739/windows/MozillaVPN-aarch64.msi",
            "vpn/releases/2.39.0/windows/MozillaVPN-aarch64.msi",
        ),
        others=(
            "vpn/releases/2.39.0/linux/mozillavpn.rpm",
            "vpn/addons/releases/latest/manifest.json",
            "vpn/speedtest/50m.zip",
        ),
    ),
    Quirk(
        "tools-and-maps",
        "Trees beside those of the products that hold no builds.",
        others=(
            "app-services/releases/148.0/nimbus-fml.zip",
            "vcs-archive/git2hg_firefox.csv.zip",
        ),
    ),
)
