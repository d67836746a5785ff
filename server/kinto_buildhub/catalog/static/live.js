// Results as they are asked for: the page of the new address is fetched, and its parts are put in
// place of the old ones. What a server sends is what is shown, so there is one way to render it.

const PARTS = ["summary", "chosen", "facets", "results", "formats"];
const SLOW_MS = 200; // Only who waits so long is shown that something happens.

const form = document.getElementById("search");
const box = document.getElementById("box");
let request = new AbortController();
let isUnfinished = false; // The present entry of the history is of a text that is still typed.

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(askedAddress());
});
box.addEventListener("change", () => { isUnfinished = false; });

/** Show what the address says that somebody went back or forward to. */
export function showPresentAddress() {
  show(location.href, { keepsBox: false });
}

/** Nothing, but that this module is here before it is needed. */
export function prepare() {}

/** Show what the text in the box finds, as it is typed: one entry of the history per text. */
export function searchTyped(event) {
  if (!event.isComposing) show(askedAddress(), { isTyped: true });
}

/** Show what was chosen of a facet, or by date. */
export function searchChosen(event) {
  // While a year is typed, it is one of the first millennium.
  if (event.target.checkValidity()) show(askedAddress());
}

/** Return the address that the form would lead to, after a change of its data. */
export function askedAddress(change = () => {}) {
  const data = new FormData(form);
  change(data);
  const query = new URLSearchParams(data).toString();
  return query ? `${form.action}?${query}` : form.action;
}

/**
 * Show the page of an address. The latest call wins: it aborts the one before.
 *
 * isTyped: the text in the box may go on. keepsBox: that text is newer than the page's; without
 * it, the history has moved already.
 */
export async function show(address, { isTyped = false, keepsBox = true } = {}) {
  request.abort();
  request = new AbortController();
  const { signal } = request;
  const slow = setTimeout(() => setLoading(true), SLOW_MS);
  try {
    const response = await fetch(address, { signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (signal.aborted) return;
    if (keepsBox) {
      const isSame = address === location.href || (isTyped && isUnfinished);
      history[isSame ? "replaceState" : "pushState"](null, "", address);
    } else box.value = page.getElementById("box")?.value ?? "";
    isUnfinished = isTyped;
    if (page.getElementById("results")) replaceParts(page);
    else fail(page.querySelector("main .notice")?.textContent.trim() || response.statusText, address, keepsBox);
  } catch (error) {
    if (error.name === "AbortError") return;
    fail("The server cannot be reached.", address, keepsBox);
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) setLoading(false);
  }
}

function replaceParts(page) {
  document.getElementById("notice").replaceChildren();
  const days = document.getElementById("days");
  const keepsDays = days?.contains(document.activeElement);
  const restore = remember(document.getElementById("facets"));
  for (const id of PARTS) {
    document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  }
  // Who types a date goes on where they are.
  if (keepsDays) document.getElementById("days")?.replaceWith(days);
  restore();
  document.title = page.title;
  document.getElementById("said").textContent = document.getElementById("total").textContent;
}

/** Return a function that puts focus, filters and scroll positions of the facets back. */
function remember(facets) {
  const active = facets.contains(document.activeElement) ? document.activeElement : null;
  const { name, value } = active ?? {};
  const filters = [...facets.querySelectorAll("[data-filter]")].map((each) => [each.id, each.value]);
  const lists = [...facets.querySelectorAll("ul")].map((each) => [each.id, each.scrollTop]);
  return () => {
    for (const [id, text] of filters) {
      const filter = text && document.getElementById(id);
      if (!filter) continue;
      filter.value = text;
      filter.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const [id, top] of lists) document.getElementById(id)?.scrollTo(0, top);
    if (active?.id) document.getElementById(active.id)?.focus();
    else if (name) {
      const selector = `[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`;
      facets.querySelector(selector)?.focus();
    }
  };
}

function setLoading(isLoading) {
  document.getElementById("results").setAttribute("aria-busy", String(isLoading));
}

/** Say what went wrong above the old results, which stay, and offer to try again. */
function fail(message, address, keepsBox) {
  const notice = document.createElement("div");
  notice.className = "notice is-error";
  const text = document.createElement("p");
  text.textContent = `${message} What is shown below is what was found before.`;
  const retry = document.createElement("button");
  retry.className = "button is-quiet";
  retry.type = "button";
  retry.textContent = "Try again";
  retry.addEventListener("click", () => show(address, { keepsBox }));
  notice.append(text, retry);
  document.getElementById("notice").replaceChildren(notice);
}
