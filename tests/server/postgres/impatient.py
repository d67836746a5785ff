"""A server that gives up on its database after two attempts: ``DATA-FOLDER PORT``."""

import sys
from pathlib import Path

import click
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.configuration import PACKAGED_INI
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.serve import serve

if __name__ == "__main__":
    try:
        serve(
            PACKAGED_INI,
            DataFolder(Path(sys.argv[1])),
            host="127.0.0.1",
            port=int(sys.argv[2]),
            workers=1,
            report=click.echo,
            restart_pauses_seconds=(0.0, 0.1),
        )
    except StartError as exc:
        sys.exit(f"Error: {exc}")
