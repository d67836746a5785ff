"""What people call platforms, products and languages, and what the catalogue calls them."""

from collections.abc import Mapping

from buildhub_schema.products import PRODUCTS

# As linux64, win 64, windows 64-bit.
_OF_PLATFORMS = {
    f"{os}{gap}{bits}{end}": ("platform", platform)
    for os, bits, platform in (
        ("linux", "64", "linux-x86_64"),
        ("linux", "32", "linux-i686"),
        ("win", "64", "win64"),
        ("win", "32", "win32"),
        ("windows", "64", "win64"),
        ("windows", "32", "win32"),
    )
    for gap in ("", " ", "-")
    for end in ("", "bit", "-bit", " bit")
}

OF_VALUES: Mapping[str, tuple[str, str]] = _OF_PLATFORMS | {
    "windows": ("os", "win"),
    "macos": ("os", "mac"),
    "osx": ("os", "mac"),
    "os x": ("os", "mac"),
    "mac os": ("os", "mac"),
    "mac os x": ("os", "mac"),
    "macintosh": ("os", "mac"),
    "multi-locale": ("locale", "multi"),
    **{name: ("product", product.name) for product in PRODUCTS for name in product.other_names},
}
"""By what people type, in lower case: name of a facet, and one of its values."""

OF_ARCHITECTURES: Mapping[str, tuple[str, str]] = {
    "64-bit": ("64-bit", r".*64.*"),
    "64bit": ("64-bit", r".*64.*"),
    "64 bit": ("64-bit", r".*64.*"),
    "32-bit": ("32-bit", r"win32.*|.*i[36]86.*|.*-x86"),
    "32bit": ("32-bit", r"win32.*|.*i[36]86.*|.*-x86"),
    "32 bit": ("32-bit", r"win32.*|.*i[36]86.*|.*-x86"),
    "x64": ("x86_64", r"win64|.*x86_64.*"),
    "amd64": ("x86_64", r"win64|.*x86_64.*"),
    "x86_64": ("x86_64", r"win64|.*x86_64.*"),
    "x86-64": ("x86_64", r"win64|.*x86_64.*"),
    "arm64": ("aarch64", r".*aarch64.*"),
    "aarch64": ("aarch64", r".*aarch64.*"),
}
"""By what people type: what is shown, and the pattern of the platforms it is about."""

OF_LANGUAGES: Mapping[str, str] = {
    "arabic": "ar",
    "bulgarian": "bg",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "estonian": "et",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "irish": "ga",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "norwegian": "nb",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "serbian": "sr",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "vietnamese": "vi",
    "welsh": "cy",
}
"""By English name: the first part of the locales. The languages of most of the downloads."""


def is_other_name(text: str) -> bool:
    """Return whether a text in lower case is the other name of something."""
    return text in OF_VALUES or text in OF_ARCHITECTURES
