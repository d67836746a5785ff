"""A pasted file that the catalogue lacks: what its folders say."""

import pytest
import webtest
from kinto_buildhub.catalog.search_state.absent_files import read_files
from kinto_buildhub.catalog.search_state.box import understand

from tests.server.catalog.conftest import CATALOGUE
from tests.server.catalog.search_state.vocabularies import VOCABULARY

ARCHIVE = "https://archive.mozilla.org/pub/"


@pytest.mark.parametrize(
    ("address", "said", "text"),
    [
        pytest.param(
            f"{ARCHIVE}firefox/releases/53.0b9/linux-x86_64/fr/firefox-53.0b9.tar.bz2",
            "product firefox, version 53.0b9, platform linux-x86_64, locale fr",
            "firefox 53.0b9 linux-x86_64 fr",
            id="release",
        ),
        pytest.param(
            "http://ftp.mozilla.org/pub/mozilla.org/thunderbird/candidates/99.0b1-candidates/"
            "build2/mac/pt-BR/Thunderbird%2099.0b1.dmg",
            "product thunderbird, version 99.0b1, build number 2, os mac, locale pt-BR",
            "thunderbird 99.0b1 build2 mac pt-BR",
            id="candidate-of-an-unknown-version",
        ),
        pytest.param(
            f"{ARCHIVE}firefox/nightly/2017/05/2017-05-03-03-02-12-mozilla-central/"
            "firefox-55.0a1.en-US.win64.exe",
            "product firefox, build id 20170503030212",
            "firefox 2017-05-03-03-02-12-mozilla-central",
            id="nightly",
        ),
        pytest.param(
            f"{ARCHIVE}mobile/releases/54.0/android-api-15/multi/fennec-54.0.multi.android-arm.apk",
            "product fennec, version 54.0, platform android-api-15, locale multi",
            "fennec 54.0 android-api-15 multi",
            id="folder-of-another-name",
        ),
        pytest.param(
            f"{ARCHIVE}focus/releases/54.0/android/klar-54.0-android-x86/klar-54.0.multi.apk",
            "product klar, version 54.0, os android",
            "klar 54.0 android",
            id="folder-of-two-products",
        ),
        pytest.param(
            f"{ARCHIVE}thunderbird-mobile/android/releases/54.0/thunderbird-54.0.apk",
            "product thunderbird-android, version 54.0",
            "thunderbird-android 54.0",
            id="folder-in-a-folder",
        ),
        pytest.param(
            f"{ARCHIVE}seamonkey/releases/2.49/win32/de/seamonkey-2.49.installer.exe",
            "product seamonkey, version 2.49, platform win32, locale de",
            "seamonkey 2.49 win32 de",
            id="not-covered",
        ),
        pytest.param(
            f"{ARCHIVE}firefox/setup.exe", "product firefox", "firefox", id="no-more-folders"
        ),
    ],
)
def test_folders_say_what_a_file_is_of(address: str, said: str, text: str) -> None:
    (file,) = read_files(understand(address, VOCABULARY), VOCABULARY)
    assert ", ".join(f"{each.label.lower()} {each.value}" for each in file.meanings) == said
    assert file.search.text == text
    assert all(term.label for term in understand(text, VOCABULARY)) == ("seamonkey" not in text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ARCHIVE}firefox/releases/53.0/", id="folder"),
        pytest.param(f"-{ARCHIVE}firefox/releases/53.0/win32/de/setup.exe", id="excluded"),
        pytest.param(f"{ARCHIVE}setup.exe", id="in-no-folder"),
        pytest.param("firefox 53.0", id="words"),
    ],
)
def test_nothing_else_is_read(text: str) -> None:
    assert read_files(understand(text, VOCABULARY), VOCABULARY) == ()


def test_the_page_says_what_the_file_would_be(catalogue: webtest.TestApp) -> None:
    target = catalogue.get(f"{CATALOGUE}.json?q=product:firefox&size=1").json["records"][0][
        "target"
    ]
    version, platform = target["version"], target["platform"]
    path = f"pub/firefox/releases/{version}/{platform}/tlh/Firefox Setup.exe"
    address = f"https://archive.mozilla.org/{path}".replace(" ", "%20")
    main = catalogue.get(CATALOGUE, {"q": address}).html.main
    text = " ".join(main.text.split())
    assert f"the file is of product firefox, version {version}, platform {platform}." in text
    assert f"buildhub record '{path}'" in text
    (link,) = main("a", string="Search for builds like that")
    assert "No build matches" not in catalogue.get(link["href"]).html.main.text
    found = catalogue.get(f"{CATALOGUE}.json", {"q": address}).json
    (file,) = found["absent_files"]
    assert (file["path"], file["folders"][1]) == (path, {"label": "Version", "value": version})


def test_a_file_of_a_product_that_is_not_covered_is_said_to_be(catalogue: webtest.TestApp) -> None:
    address = f"{ARCHIVE}seamonkey/releases/2.49/win32/de/seamonkey-2.49.installer.exe"
    text = catalogue.get(CATALOGUE, {"q": address}).html.main.text
    assert "Not covered by the catalogue: seamonkey." in text
    assert "buildhub record" not in text


def test_a_file_that_is_there_is_no_absent_one(catalogue: webtest.TestApp) -> None:
    record = catalogue.get(f"{CATALOGUE}.json?q=firefox&size=1").json["records"][0]
    found = catalogue.get(f"{CATALOGUE}.json", {"q": record["download"]["url"]}).json
    assert (found["total"] > 0, found["absent_files"]) == (True, [])
