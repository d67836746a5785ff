"""Products whose row has templates of their paths. Cases of real paths are in ``builds.txt``."""

import re
from datetime import UTC, datetime

import pytest
from buildhub.rules.canonical_path import canonical_path
from buildhub.rules.entry import Entry
from buildhub.rules.explain import FOLDER, PATH, RULE, explain
from buildhub.rules.metadata_paths import candidates_folder, has_metadata, metadata_paths
from buildhub.rules.paths import Build, parse_build, parse_path
from buildhub.rules.precedence import is_preferred, preference
from buildhub.rules.records import build_record
from buildhub.rules.walkable_folders import may_hold_builds
from buildhub.walk.scope import Scope
from buildhub_schema import json_schema
from buildhub_schema.products import PRODUCTS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

TEMPLATED = [product for product in PRODUCTS if product.templates]
numbers = st.integers(1, 99)
versions = st.builds(
    "{}.{}{}".format,
    numbers,
    st.integers(0, 99),
    st.just("")
    | numbers.map(".{}".format)
    | numbers.map("b{}".format)
    | numbers.map("a{}".format)
    | st.builds(".0-{}.{}".format, st.sampled_from(["alpha", "beta", "rc"]), numbers),
)
times = st.datetimes(*map(datetime.fromisoformat, ("2020-01-01", "2026-12-31")))


@st.composite
def facts(draw):
    """A template, with a value for each of its fields."""
    product = draw(st.sampled_from(TEMPLATED))
    template = draw(st.sampled_from(product.templates))
    moment = draw(times)
    return (
        product,
        template,
        {
            "version": draw(versions),
            "number": str(draw(numbers)),
            "build_id": f"{moment:%Y%m%d%H%M%S}",
            "year": f"{moment:%Y}",
            "month": f"{moment:%m}",
            "time": f"{moment:%d-%H-%M-%S}",
        },
    )


def format_path(product, template, values) -> str:
    return product.archive_path + template.path.format(**values)


@given(facts())
def test_facts_formatted_into_a_path_are_parsed_from_it(chosen):
    product, template, values = chosen
    build = parse_build(format_path(*chosen))
    assert (build.product, build.platform) == (product.name, template.platform)
    assert (build.base_version, build.locale) == (values["version"], "multi")
    assert build.os in template.platform
    if "{time}" in template.path:
        date = "{year}-{month}-{time}".format(**values)
        assert build.nightly_folder.startswith(date)
        assert build.record_id.startswith(f"{product.name}_nightly_{date}_")
    else:
        is_beta = re.search("b[0-9]|beta", values["version"])
        assert build.channel == ("beta" if is_beta else "release")
    candidates = [values[name] for name in ("number", "build_id") if f"{{{name}}}" in template.path]
    assert [str(build.candidate_number)] == (candidates or ["None"])


# Values that are near to each other, as paths with the same ID would be.
close = st.lists(facts(), min_size=2, max_size=2).map(
    lambda two: [two[0], (two[0][0], two[0][1], two[1][2]), two[1], (*two[1][:2], two[0][2])]
)


@settings(deadline=None)
@given(close)
def test_distinct_builds_never_share_an_id(several):
    builds = {build.path: build for build in map(parse_build, (format_path(*x) for x in several))}
    assert len({build.record_id for build in builds.values()}) == len(builds)


PIECES = (
    "97.0.0-beta.2 97.0.0-beta-2 157.0rc2 157.0 157.0-rc.2 157.0b2 multi android x86 x86_64 1 2"
)


@settings(deadline=None)
@given(facts(), st.lists(st.tuples(st.integers(0, 200), st.sampled_from(PIECES.split()))))
@example(
    (TEMPLATED[0], TEMPLATED[0].templates[0], {"version": "157.0"}), [(len("pub/fenix/"), "-")]
)
def test_a_changed_path_is_no_build_or_another_one(chosen, changes):
    path = format_path(*chosen)
    changed = path
    for place, piece in changes:
        changed = changed[:place] + piece + changed[place:]
    before, after = parse_build(path), parse_path(changed)
    if isinstance(after, Build) and changed != path:
        assert after.record_id != before.record_id


@given(facts())
def test_each_build_is_at_the_one_path_with_its_id_in_folders_that_are_entered(chosen):
    build = parse_build(format_path(*chosen))
    assert is_preferred(build)
    assert canonical_path(build) == build.path
    assert preference(build) == preference(build)
    names = build.path.split("/")
    for depth in range(1, len(names)):
        assert may_hold_builds("/".join(names[:depth]) + "/")


KLAR = "pub/focus/releases/126.0/android/klar-126.0-android-x86"


@pytest.mark.parametrize(
    ("folder", "products"),
    [
        ("pub/focus/", {"focus", "klar"}),
        ("pub/focus/releases/126.0/android/", {"focus", "klar"}),
        (f"{KLAR}/", {"klar"}),
        ("pub/thunderbird-mobile/", {"thunderbird-android"}),
        ("pub/thunderbird/", {"thunderbird"}),
    ],
)
def test_a_walk_enters_a_folder_for_the_products_that_may_be_in_it(folder, products):
    names = {product.name for product in PRODUCTS}
    entering = {name for name in names if Scope(frozenset({name})).enters(folder)}
    assert entering == products


def test_a_walk_of_one_version_enters_its_folder_only():
    scope = Scope(frozenset({"thunderbird-android"}), versions=frozenset({"21.1"}))
    assert scope.enters("pub/thunderbird-mobile/android/releases/21.1/")
    assert not scope.enters("pub/thunderbird-mobile/android/releases/21.0b2/")


BUILD_IDS = [
    pytest.param(
        "pub/fenix/nightly/2024/05/2024-05-20-21-46-33-fenix-128.0a1-android-x86/"
        "fenix-128.0a1.multi.android-x86.apk",
        None,
        {"id": "20240520214633", "date": "2024-05-20T21:46:33Z"},
        RULE,
        id="date-of-the-folder",
    ),
    pytest.param(
        f"{KLAR}/klar-126.0.multi.android-x86.apk", 2, {"number": 2}, None, id="nothing-tells-it"
    ),
    pytest.param(
        "pub/vpn/candidates/2.39.0-candidates/build20260720210739/mac/MozillaVPN.pkg",
        None,
        {"id": "20260720210739", "date": "2026-07-20T21:07:39Z"},
        PATH,
        id="number-of-the-candidate",
    ),
    pytest.param(
        "pub/vpn/releases/2.39.0/mac/MozillaVPN.pkg",
        20260720210739,
        {"id": "20260720210739", "date": "2026-07-20T21:07:39Z"},
        FOLDER,
        id="number-of-the-last-candidate",
    ),
    pytest.param(
        "pub/vpn/releases/2.39.0/mac/MozillaVPN.pkg", None, None, None, id="no-candidates"
    ),
]


@pytest.mark.parametrize(("path", "number", "expected", "origin"), BUILD_IDS)
def test_the_build_id_comes_from_where_the_table_says(path, number, expected, origin):
    build = parse_build(path)
    entry = Entry(path, 1, datetime(2026, 8, 1, tzinfo=UTC))
    record = build_record(
        build, entry, None, archive_url="https://archive.example/", candidate_number=number
    )
    assert record.get("build") == expected
    Draft7Validator(json_schema()).validate({k: v for k, v in record.items() if k != "id"})
    origins = {fact.field: fact.origin.kind for fact in explain(record, build, None)}
    assert origins.get("build.id") == origin


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (f"{KLAR}/klar-126.0.multi.android-x86.apk", "pub/focus/candidates/126.0-candidates/"),
        ("pub/vpn/releases/2.39.0/mac/MozillaVPN.pkg", "pub/vpn/candidates/2.39.0-candidates/"),
        ("pub/thunderbird-mobile/android/releases/21.1/thunderbird-21.1.apk", None),
    ],
)
def test_only_candidates_are_looked_for_not_metadata_files(path, folder):
    build = parse_build(path)
    assert candidates_folder(build) == folder
    assert not has_metadata(build)
    assert metadata_paths(build, 1) == ()


def test_the_product_of_a_shared_folder_is_explained_by_the_name_of_the_file():
    build = parse_build(f"{KLAR}/klar-126.0.multi.android-x86.apk")
    record = build_record(
        build,
        Entry(build.path, 1, datetime(2026, 8, 1, tzinfo=UTC)),
        None,
        archive_url="https://archive.example/",
        candidate_number=None,
    )
    whys = {fact.field: fact.origin.why for fact in explain(record, build, None)}
    assert whys["source.product"] == "the name of the file begins with klar-"
