"""A small catalogue's vocabulary, for tests of what the text in the box means."""

from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

_VALUES = {
    "product": "firefox thunderbird fennec devedition fenix klar thunderbird-android",
    "channel": "release beta nightly esr aurora nightly-old-id",
    "version": "57.0a1 56.0.1 56.0 56.0rc1 56.0b12 56.0b12rc3 54.0.1 54.0 54.0b1 53.0b10 53.0b9 "
    "53.0 52.4.0esr 52.0.1esr 52.0esr 50.0b11 38.0.5b1 3.6.4 3.6 3.5b4",
    "platform": "win32 win64 linux-x86_64 macosx linux-i686 android-api-15 android-x86 "
    "win64-aarch64 maemo5-gtk",
    "os": "win linux mac android maemo",
    "locale": "en-US de fr pt-BR pt-PT ja ja-JP-mac zh-CN zh-TW en-GB es-ES el ca-valencia multi",
}

VOCABULARY = Vocabulary(
    {
        facet: {value: 1000 - number for number, value in enumerate(values.split())}
        for facet, values in _VALUES.items()
    }
)
