"""A real nginx in front of a server."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.requirements import require
from tests.stand_ins.programs import free_port

# As many set it up: nginx compresses, and the server behind it does not know.
COMPRESSING = """
    gzip on;
    gzip_proxied any;
    gzip_types *;
    gzip_min_length 20;
    proxy_set_header Accept-Encoding "";
"""
# The server compresses, and nginx passes it on.
PASSING = ""

_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            {directives}
        }}
    }}
}}
"""


@contextmanager
def nginx(upstream: str, directives: str = PASSING) -> Iterator[str]:
    """Run nginx in front of *upstream*, a URL without a path; yield its own."""
    require(shutil.which("nginx"), "nginx is not installed")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="buildhub-nginx-") as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                user="user root;" if os.geteuid() == 0 else "",
                folder=folder,
                port=port,
                upstream=upstream,
                directives=directives,
            )
        )
        command = ["nginx", "-e", "stderr", "-p", folder, "-c", str(configuration)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            assert process.poll() is None, process.communicate()[1]
        else:
            return
        assert time.monotonic() < give_up, "nginx does not listen"
        time.sleep(0.05)
