"""Which BuildHub this is: its version and commit, for ``/v1/`` and ``/v1/__version__``."""

import importlib.metadata
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

DISTRIBUTION = "buildhub"
DOCS_URL = "https://buildhub.readthedocs.io/"

# Shipped with the package. A build of the package fills in the commit.
VERSION_FILE = Path(__file__).with_name("version.json")

_GIT_SECONDS = 5


@cache
def version_info() -> dict[str, Any]:
    """Return the content of ``/v1/__version__``: name, version, source, commit, build.

    The commit is that of the built package, of the repository that pip installed from, or of the
    checkout that the code is in; "" if none is known.
    """
    info: dict[str, Any] = json.loads(VERSION_FILE.read_text())
    commit = info["commit"] or _installed_commit() or _checkout_commit()
    return info | {"version": importlib.metadata.version(DISTRIBUTION), "commit": commit}


def _installed_commit() -> str:
    """Return the commit that pip installed from; see PEP 610."""
    text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json") or "{}"
    return str(json.loads(text).get("vcs_info", {}).get("commit_id", ""))


def _checkout_commit() -> str:
    root = VERSION_FILE.parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - nothing of it comes from others.
            ["git", "-C", str(root), "rev-parse", "HEAD"],  # noqa: S607 - wherever git is.
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
