"""The wheel, as users install it: what is in it, and that it works without this folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.imports import PACKAGES, ROOT
from tests.jobs.served_catalogue import Place
from tests.requirements import require

# Their dependencies are those of the tests' environment; they themselves come from the wheel.
PROGRAM = """
import buildhub, buildhub_schema
from buildhub import BuildHub

print(buildhub.__file__)
print(buildhub_schema.__file__)
with BuildHub() as hub:
    print(hub.is_official("20170403075439"), len(hub.locales("53.0b9")))
"""
DATA = ("*.py", "py.typed", "*.json.gz", "*.ini", "*.html", "*.css", "*.js", "*.svg", "*.json")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Of a copy of what git has, as `build/` in this folder would be taken along.
    copy = folder / "source"
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    # Its build system comes from PyPI: Pyramid needs another version of setuptools here.
    options = ("--quiet", "--no-deps", "--wheel-dir", str(folder))
    command = [sys.executable, "-m", "pip", "wheel", *options, str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    require(done.returncode == 0, f"no wheel can be made: {done.stderr[-500:]}")
    (made,) = folder.glob("*.whl")
    return made


def test_all_modules_and_files_of_the_packages_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    expected = {
        str(path.relative_to(folder))
        for package, folder in PACKAGES.items()
        for pattern in DATA
        for path in (folder / package).rglob(pattern)
        if "__pycache__" not in path.parts
    }
    assert len(expected) > 500
    assert expected <= packed
    assert {name.partition("/")[0] for name in packed if ".dist-info" not in name} == set(PACKAGES)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has put the wheel alone."""
    folder = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--no-deps", "--no-index", "--target", str(folder))
    command = [sys.executable, "-m", "pip", "install", *options, str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def run(
    installed: Path, place: Place, command: list[str], folder: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    ours = {"SERVER_URL": place.url, "BUCKET": place.bucket, "COLLECTION": place.collection}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), **ours, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_client_works(installed: Path, catalogue: Place, tmp_path: Path) -> None:
    program = PROGRAM.replace(
        "BuildHub()", f"BuildHub(bucket={catalogue.bucket!r}, collection={catalogue.collection!r})"
    )
    done = run(installed, catalogue, ["-c", program], tmp_path)
    first, second, answers = done.stdout.splitlines() or [done.stderr]
    assert first.startswith(str(installed))
    assert second.startswith(str(installed))
    assert answers == "True 3"


def test_the_command_works(installed: Path, catalogue: Place, tmp_path: Path) -> None:
    (script,) = installed.glob("bin/buildhub")
    done = run(installed, catalogue, [str(script), "find", "--json", "53.0b10", "de"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert '"20170407083344"' in done.stdout


def test_a_shell_completes(installed: Path, catalogue: Place, tmp_path: Path) -> None:
    (script,) = installed.glob("bin/buildhub")
    code = (
        f'export PATH={script.parent}:$PATH; eval "$(_BUILDHUB_COMPLETE=bash_source buildhub)"\n'
        "COMP_WORDS=(buildhub find thu); COMP_CWORD=2; _buildhub_completion buildhub\n"
        'printf "%s\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["thunderbird", "thunderbird-android"], done.stderr
