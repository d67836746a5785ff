"""Paths of the products whose row has templates of them: parsing a path, and finding folders.

A path is a build if it has the form of a template, so each build has exactly one path: templates
repeat each fact, and a path whose parts contradict each other has the form of none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from buildhub_schema.products import PRODUCTS_BY_TREE, PathTemplate, Product

from buildhub.rules.build import Build
from buildhub.rules.channels import guess_channel
from buildhub.rules.files import PACKAGINGS, Packaging, explain_name, find_packaging
from buildhub.rules.platforms import Platform, parse_platform
from buildhub.rules.record_id import record_id
from buildhub.rules.skip_reasons import NotABuild, SkipReason

LOCALE = "multi"
"""Each build contains all locales."""

# Versions: those of Gecko, of Maven (`97.0.0-beta.2`) and plain ones. With its dots replaced, as in
# an ID, each still reads in one way, and none can end as a candidate's does.
_NUMBER = "(?:0|[1-9][0-9]{0,4})"
_VERSION = (
    rf"[1-9][0-9]{{0,3}}(?:\.{_NUMBER}){{1,3}}"
    rf"(?:[ab]{_NUMBER}|-(?:alpha|beta|rc)\.{_NUMBER})?"
)

_FIELDS = {
    "version": _VERSION,
    "number": "[1-9][0-9]{0,3}",
    "build_id": "20[0-9]{12}",
    "year": "20[0-9]{2}",
    "month": "0[1-9]|1[0-2]",
    "time": "[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2}",
}
_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class _Template:
    """A template of one product, ready to be compared with paths.

    Attributes:
        whole: for the path of a file.
        folders: for the path of each folder on the way, ``pub`` first, without a slash at the end.
        nightly_depth: the place of the dated folder among the names of a path; None without one.
    """

    product: Product
    platform: Platform
    packaging: Packaging
    whole: re.Pattern[str]
    folders: tuple[re.Pattern[str], ...]
    nightly_depth: int | None

    def build(self, path: str) -> Build | None:
        """Return the build at *path*, None if it does not have the form of this template."""
        found = self.whole.fullmatch(path)
        if found is None:
            return None
        facts = found.groupdict()
        base_version = facts["version"]
        number = facts.get("number") or facts.get("build_id")
        version = base_version if number is None else f"{base_version}rc{number}"
        nightly_folder = self._nightly_folder(path)
        channel = "nightly" if nightly_folder else guess_channel(self.product, base_version)
        name = self.product.name
        return Build(
            path,
            record_id(name, channel, version, self.platform.name, LOCALE, nightly_folder),
            LOCALE,
            name,
            channel,
            version,
            base_version,
            self.platform.name,
            self.platform.os,
            self.packaging.mimetype,
            None if number is None else int(number),
            nightly_folder,
        )

    def _nightly_folder(self, path: str) -> str | None:
        return None if self.nightly_depth is None else path.split("/")[self.nightly_depth]


def parse_templated(path: str) -> Build:
    """Return the build at *path*, which is not in the folder of a product with a layout.

    Raises:
        NotABuild: there is none. If the reason is vague, the folder may say more.
    """
    parts = path.split("/")
    for template in _templates(_tree(parts)):
        build = template.build(path)
        if build is not None:
            return build
    raise NotABuild(_explain(path, parts))


def products_in(names: Sequence[str]) -> Iterator[Product]:
    """Yield the products with templates that may have builds in or below a folder.

    Args:
        names: in its path, ``pub`` first.
    """
    folder = "/".join(names)
    seen: set[str] = set()
    for template in _templates(_tree(names)):
        if template.product.name in seen or len(names) > len(template.folders):
            continue
        if template.folders[len(names) - 1].fullmatch(folder):
            seen.add(template.product.name)
            yield template.product


def _tree(names: Sequence[str]) -> str:
    return names[1] if len(names) > 1 and names[0] == "pub" else ""


@cache
def _all_templates() -> dict[str, tuple[_Template, ...]]:
    return {
        tree: tuple(
            _compile(product, template) for product in products for template in product.templates
        )
        for tree, products in PRODUCTS_BY_TREE.items()
    }


def _templates(tree: str) -> tuple[_Template, ...]:
    return _all_templates().get(tree, ())


def _compile(product: Product, template: PathTemplate) -> _Template:
    path = product.archive_path + template.path
    names = path.split("/")
    patterns = _patterns(path).split("/")
    dated = [depth for depth, name in enumerate(names) if "{time}" in name]
    return _Template(
        product,
        parse_platform(template.platform),
        next(each for each in PACKAGINGS if path.endswith(each.extension)),
        re.compile("/".join(patterns)),
        tuple(re.compile("/".join(patterns[:depth])) for depth in range(1, len(patterns))),
        dated[0] if dated else None,
    )


def _patterns(path: str) -> str:
    """Return the pattern of a path. No pattern of a field contains a slash."""
    pieces: list[str] = []
    seen: set[str] = set()
    for place, text in enumerate(_FIELD.split(path)):
        if not place % 2:
            pieces.append(re.escape(text))
        elif text in seen:
            pieces.append(f"(?P={text})")
        else:
            seen.add(text)
            pieces.append(f"(?P<{text}>{_FIELDS[text]})")
    return "".join(pieces)


_REASONS = {reason.value: reason for reason in SkipReason}


def _explain(path: str, parts: Sequence[str]) -> SkipReason:
    """Return why a file of the archive that has the form of no template is no build."""
    products = _products_of(path)
    if not products:
        return _explain_tree(parts)
    inside = path.removeprefix(products[0].archive_path).split("/")
    for product in products:
        for folder, slug in product.skipped_folders:
            if inside[0] == folder:
                return _REASONS[slug]
    return _explain_file(parts)


def _products_of(path: str) -> list[Product]:
    products = PRODUCTS_BY_TREE.get(_tree(path.split("/")), ())
    return [product for product in products if path.startswith(product.archive_path)]


def _explain_file(parts: Sequence[str]) -> SkipReason:
    name = parts[-1]
    named = explain_name(name)
    if named is not SkipReason.OTHER_NAME:
        return named
    packaging = find_packaging(name)
    if isinstance(packaging, SkipReason):
        return packaging
    if ".tar." in name:
        return SkipReason.SOURCE
    is_in_place = any(products_in(parts[:-1]))
    return SkipReason.OTHER_NAME if is_in_place else SkipReason.UNKNOWN_FOLDER


# Folders beside those of products, with what they hold.
_OTHER_TREES = {
    "app-services": SkipReason.DEVELOPER_TOOL,
    "system-addons": SkipReason.LANGUAGE_PACK,
    "vcs-archive": SkipReason.SOURCE,
}


def _explain_tree(parts: Sequence[str]) -> SkipReason:
    tree = _tree(parts)
    if not tree or len(parts) < 3:
        return SkipReason.NOT_A_PRODUCT
    return _OTHER_TREES.get(tree, SkipReason.NOT_COVERED)
