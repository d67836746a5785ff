"""The catalogued products, one row each: what differs from product to product.

Adding a product means adding a row. Rules, jobs, server and page take everything from this table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Layout(Enum):
    """How a product's folders and files are named, unless its row gives templates of its paths."""

    DESKTOP = "desktop"
    """A version has folders for platform and locale; a dated folder holds all platforms."""
    FENNEC = "fennec"
    """Every file name contains locale and platform; a dated folder is for one platform. A build
    called ``multi`` holds several locales."""


class BuildIdSource(Enum):
    """Where the build IDs of a product come from."""

    METADATA = "metadata"
    """Metadata files in the archive; for a nightly without any, the date of its folder."""
    NIGHTLY_FOLDER = "nightly-folder"
    """The date of a nightly's folder. Nothing in the archive tells that of other builds."""
    CANDIDATES_FOLDER = "candidates-folder"
    """The number of ``buildN/``, which is a build ID; a release has that of its last candidate."""


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """The paths of one file of each version, or of each nightly.

    Attributes:
        path: below the product's folder. A field in braces stands for text of a known form, the
            same wherever it is repeated: ``{version}``, ``{number}`` of a candidate, ``{build_id}``
            as such a number, ``{year}``, ``{month}``, and ``{time}`` for the rest of a date.
        platform: of the build, as in records.
    """

    path: str
    platform: str


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        name: as in records, ``source.product``.
        archive_folder: its folder below ``pub/``. Products with templates may share one.
        file_prefix: how its file names begin, in lower case.
        layout: how its folders and files are named, if it has no templates.
        templates: the paths of all its builds. Each is for one platform, and contains all locales.
        beta_channel: channel of the versions that contain a ``b``.
        nightly_branch: branch that its nightly folders are named after.
        build_id_source: where its build IDs come from.
        inventory: end of the name of the bucket whose inventory lists it, or would have.
        shipped_as: its names in lists of shipped versions, if it has other ones there.
        archived_since: the day from which the archive has it, if it was shipped before.
        skipped_folders: folders in its own that hold no builds, each with its skip reason.
        other_names: what people call it, in lower case.
        title: its name on pages; "" if that is ``name`` with a capital.
    """

    name: str
    archive_folder: str
    file_prefix: str
    layout: Layout = Layout.DESKTOP
    templates: tuple[PathTemplate, ...] = ()
    beta_channel: str = "beta"
    nightly_branch: str = "mozilla-central"
    build_id_source: BuildIdSource = BuildIdSource.METADATA
    inventory: str = "archive"
    shipped_as: tuple[str, ...] = ()
    archived_since: str = ""
    skipped_folders: tuple[tuple[str, str], ...] = ()
    other_names: tuple[str, ...] = ()
    title: str = ""

    @property
    def archive_path(self) -> str:
        """Path of its folder in the archive, a slash at the end."""
        return f"pub/{self.archive_folder}/"

    @property
    def has_candidates(self) -> bool:
        """Return whether the archive has candidates of it."""
        return not self.templates or any("-candidates/" in each.path for each in self.templates)


_ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")


def _android(prefix: str, *, has_universal: bool = False) -> tuple[PathTemplate, ...]:
    """Return the paths of a browser for Android, which has a folder for each ABI."""
    kinds = [(f"-{abi}", f"android-{abi}") for abi in _ABIS]
    if has_universal:
        kinds.append(("", "android-universal"))
    return tuple(
        PathTemplate(
            f"{area}{prefix}-{{version}}-android{abi}/{prefix}-{{version}}.multi.{platform}.apk",
            platform,
        )
        for abi, platform in kinds
        for area in (
            "releases/{version}/android/",
            "candidates/{version}-candidates/build{number}/android/",
            "nightly/{year}/{month}/{year}-{month}-{time}-",
        )
    )


def _vpn() -> Iterable[PathTemplate]:
    files = {
        "windows/MozillaVPN.msi": "win64",
        "windows/MozillaVPN-aarch64.msi": "win64-aarch64",
        "mac/MozillaVPN.pkg": "macosx",
        "linux/mozillavpn.deb": "linux-x86_64",
        "linux/mozillavpn_arm64.deb": "linux-aarch64",
    }
    for abi in _ABIS:
        files[f"android/mozillavpn-{abi}-release.apk"] = f"android-{abi}"
        files[f"android/mozillavpn-foss-{abi}-release.apk"] = f"android-foss-{abi}"
    for file, platform in files.items():
        yield PathTemplate(f"releases/{{version}}/{file}", platform)
        yield PathTemplate(f"candidates/{{version}}-candidates/build{{build_id}}/{file}", platform)


PRODUCTS = (
    Product("firefox", "firefox", "firefox", inventory="firefox"),
    Product(
        "devedition",
        "devedition",
        "firefox",
        beta_channel="aurora",
        other_names=("developer edition", "firefox developer edition", "developer-edition"),
    ),
    Product("thunderbird", "thunderbird", "thunderbird", nightly_branch="comm-central"),
    Product("fennec", "mobile", "fennec", layout=Layout.FENNEC),
    Product(
        "fenix",
        "fenix",
        "fenix",
        templates=_android("fenix", has_universal=True),
        build_id_source=BuildIdSource.NIGHTLY_FOLDER,
        shipped_as=("fenix", "firefox-android"),
        archived_since="2021-12-20",
        other_names=("firefox for android", "firefox android", "firefox-android"),
    ),
    Product(
        "focus",
        "focus",
        "focus",
        templates=_android("focus"),
        build_id_source=BuildIdSource.NIGHTLY_FOLDER,
        other_names=("firefox focus",),
    ),
    Product(
        "klar",
        "focus",
        "klar",
        templates=_android("klar"),
        build_id_source=BuildIdSource.NIGHTLY_FOLDER,
        other_names=("firefox klar",),
    ),
    Product(
        "thunderbird-android",
        "thunderbird-mobile/android",
        "thunderbird",
        templates=(
            PathTemplate("releases/{version}/thunderbird-{version}.apk", "android"),
            PathTemplate(
                "nightly/{year}/{month}/{year}-{month}-{time}-main/thunderbird-{version}.apk",
                "android",
            ),
        ),
        build_id_source=BuildIdSource.NIGHTLY_FOLDER,
        other_names=("thunderbird for android", "thunderbird mobile", "thunderbird android"),
        title="Thunderbird for Android",
    ),
    Product(
        "vpn",
        "vpn",
        "mozillavpn",
        templates=tuple(_vpn()),
        build_id_source=BuildIdSource.CANDIDATES_FOLDER,
        skipped_folders=(("addons", "language-pack"), ("speedtest", "tests")),
        other_names=("mozilla vpn", "mozillavpn", "mozilla-vpn"),
        title="Mozilla VPN",
    ),
)

PRODUCT_NAMES = tuple(product.name for product in PRODUCTS)
DEFAULT_PRODUCT = PRODUCT_NAMES[0]
"""The product that is meant where people name none."""

PRODUCTS_BY_NAME = {product.name: product for product in PRODUCTS}
PRODUCTS_BY_FOLDER = {
    product.archive_folder: product for product in PRODUCTS if not product.templates
}
"""The products whose layout decides what their paths mean, each with a folder of its own."""

PRODUCTS_BY_TREE: dict[str, tuple[Product, ...]] = {}
"""All products, by the name of the folder in ``pub/`` that their own is, or lies in."""
for _product in PRODUCTS:
    _tree = _product.archive_folder.partition("/")[0]
    PRODUCTS_BY_TREE[_tree] = (*PRODUCTS_BY_TREE.get(_tree, ()), _product)


def product_title(name: str) -> str:
    """Return a product's name on pages; of an unknown one, the name with a capital."""
    known = PRODUCTS_BY_NAME.get(name)
    return (known.title if known else "") or name.capitalize()


def find_product(path: str) -> Product | None:
    """Return the product that a path from ``pub/`` belongs to; None if it is of none.

    The name of the file decides between products that share a folder, else the first of them.
    """
    tree, name = path.removeprefix("pub/").partition("/")[0], path.rpartition("/")[2]
    found = [each for each in PRODUCTS_BY_TREE.get(tree, ()) if path.startswith(each.archive_path)]
    named = (each for each in found if name.startswith(each.file_prefix))
    return next(named, found[0] if found else None)


PRODUCT_PATHS = tuple(dict.fromkeys(product.archive_path for product in PRODUCTS))
LAYOUT_PATHS = tuple(product.archive_path for product in PRODUCTS_BY_FOLDER.values())
"""The folders of the products without templates."""
