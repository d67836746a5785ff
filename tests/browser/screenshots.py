"""Pictures of the pages, for the documentation.

Run as ``python -m tests.browser.screenshots [URL]``, with the address of a running server whose
catalogue is that of ``make run``; without one, a demo is started, and ended afterwards.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from tests.browser.chromium import running_chromium
from tests.conftest import running_demo

FOLDER = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 150_000

PAGES = {
    "search": "",
    "results": "?q=firefox+53.0b9+fr",
    "build": "builds/20170403075439",
    "record": "records/firefox_beta_53-0b9_linux-x86_64_fr",
    "version": "versions/firefox/53.0b9",
    "product": "products/firefox",
}
"""Names of the pictures, and the addresses of the pages below ``/v1/catalog/``."""

LOOKS = {
    "": {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5},
    "-dark": {
        "viewport": {"width": 1280, "height": 860},
        "device_scale_factor": 1.5,
        "color_scheme": "dark",
    },
    "-phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with _server(sys.argv[1:]) as url, running_chromium() as browser:
        for name, address in PAGES.items():
            for suffix, options in LOOKS.items():
                context = browser.new_context(reduced_motion="reduce", **options)
                page = context.new_page()
                response = page.goto(f"{url}/v1/catalog/{address}", wait_until="networkidle")
                if response is None or not response.ok:
                    raise SystemExit(f"{page.url} is not as it should be: {page.title()}")
                path = FOLDER / f"{name}{suffix}.png"
                path.write_bytes(small_png(page.screenshot()))
                print(f"{path.relative_to(Path.cwd())} {path.stat().st_size // 1000} kB")
                context.close()


@contextmanager
def _server(arguments: list[str]) -> Iterator[str]:
    if arguments:
        yield arguments[0].rstrip("/").removesuffix("/v1")
        return
    with running_demo("default") as demo:
        yield demo.url.removesuffix("/v1")


def small_png(png: bytes) -> bytes:
    """Return a picture with a palette, of as many colours as keep it small."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        file = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() < MOST_BYTES:
            return file.getvalue()
    raise SystemExit(f"a picture of {picture.size} cannot be made smaller than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
