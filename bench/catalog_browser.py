"""What a page costs in Chromium: requests, bytes, time until there are rows."""

from dataclasses import dataclass

from playwright.sync_api import Browser

# Tells when the first row is there, and painted.
_FIRST_ROW = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("tbody tr td")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstRowMs = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
# Tells how long it takes from the next key to other rows.
_NEXT_ROWS = """
() => {
  let typedMs = 0;
  addEventListener("input", () => { typedMs = performance.now(); }, {capture: true, once: true});
  window.nextRows = new Promise(resolve => {
    new MutationObserver((_, observer) => {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - typedMs)));
    }).observe(document.getElementById("results"), {childList: true});
  });
}
"""


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """What the first load of a page takes with an empty cache, its icon included."""

    requests: int
    wire_bytes: int


def first_load(browser: Browser, url: str) -> FirstLoad:
    """Return what is sent and received until nothing more is asked for."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    sent: list[str] = []
    received: list[float] = []
    session.on("Network.requestWillBeSent", lambda event: sent.append(event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    context.close()
    # Chromium's own pictures, as of a calendar, have addresses that begin with "data:".
    requests = sum(url.startswith("http") for url in sent)
    return FirstLoad(requests, round(sum(received)))


def first_row_ms(browser: Browser, url: str, *, slowdown: float = 4) -> float:
    """Return the milliseconds from the request to the first row, on a slower processor."""
    context = browser.new_context()
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.add_init_script(_FIRST_ROW)
    page.goto(url)
    page.wait_for_function("window.firstRowMs !== undefined", timeout=120_000)
    found = float(page.evaluate("window.firstRowMs"))
    context.close()
    return found


def keystrokes_ms(browser: Browser, url: str, texts: list[str]) -> list[float]:
    """Return the milliseconds from each key of each text to the rows that it finds."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    box = page.get_by_label("Search builds")
    found = []
    for text in texts:
        box.fill("")
        page.wait_for_load_state("networkidle")
        for character in text:
            page.evaluate(_NEXT_ROWS)
            box.press_sequentially(character)
            found.append(float(page.evaluate("window.nextRows")))
    context.close()
    return found
