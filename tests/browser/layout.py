"""How the page is laid out, as the browser measures it."""

from playwright.sync_api import Page

_TOO_WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => `${each.className}: ${each.outerHTML.slice(0, 100)}`)
"""
_LAYOUT_SHIFTS = """
() => new Promise(resolve => {
  const shifts = [];
  const observer = new PerformanceObserver(list => {
    for (const {value, sources} of list.getEntries()) {
      const moved = sources.map(({node}) => node?.outerHTML ?? node?.textContent ?? "");
      shifts.push([value, moved.map(each => each.slice(0, 80))]);
    }
  });
  observer.observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(shifts), 300);
})
"""


def too_wide(page: Page) -> list[str]:
    """Return what makes the page wider than its window; nothing if it is not."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def layout_shifts(page: Page) -> list[tuple[float, list[str]]]:
    """Return how much moved without being asked to, with the elements that moved."""
    found: list[tuple[float, list[str]]] = page.evaluate(_LAYOUT_SHIFTS)
    return found
