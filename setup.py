"""Built from ``pyproject.toml``; here is only what it cannot say: the commit of a build."""

import json
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCommit(build_py):
    """Writes the commit into the built package's ``version.json``, if there is a repository."""

    def run(self) -> None:
        """Build, then fill in the commit."""
        super().run()
        built = Path(self.build_lib) / "kinto_buildhub" / "version.json"
        git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
        try:
            commit = subprocess.check_output(  # noqa: S603 - nothing of it comes from others.
                git, text=True, stderr=subprocess.DEVNULL
            ).strip()
        except (OSError, subprocess.SubprocessError):
            return
        if built.is_file():
            built.write_text(json.dumps(json.loads(built.read_text()) | {"commit": commit}))


setup(cmdclass={"build_py": BuildWithCommit})
