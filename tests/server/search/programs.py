"""Programs that search a collection with other projects' clients, and their requirements.

What was installed stays for the next run, beside the search servers.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.requirements import require
from tests.stand_ins.search_servers import CACHE

CLIENTS = Path(__file__).parents[2] / "clients"


def install_python(name: str, requirement: str) -> Path:
    """Return a folder with the client alone."""
    folder = CACHE / f"client-{name}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            target = Path(temporary) / "client"
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
            done = subprocess.run([*pip, requirement], capture_output=True, text=True, check=False)
            require(done.returncode == 0, f"{requirement} cannot be installed: {done.stderr}")
            target.replace(folder)
    return folder


def install_javascript(programs: Path) -> Path:
    """Return a folder with the programs of a folder and the packages that they need."""
    require(shutil.which("node") and shutil.which("npm"), "Node.js with npm is not installed")
    # Other requirements have another folder, so that a folder always matches its requirements.
    requirements = hashlib.sha256((programs / "package.json").read_bytes()).hexdigest()[:12]
    folder = CACHE / f"javascript-{programs.name}-{requirements}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (programs / "package.json", *programs.glob("*.js")):
        shutil.copy(path, folder)
    if not (folder / "node_modules").is_dir():
        command = ["npm", "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
        require(done.returncode == 0, f"npm cannot install the clients: {done.stderr}")
    return folder


def ask(*command: str, **environment: str) -> Any:
    """Run a program and return the JSON that it prints; its errors fail the test."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
