// Makes pages quicker that work without any script. Only this file comes with a page; each of the
// others comes when somebody begins to use what it is for.

const box = document.getElementById("box");
const isSearchPage = document.getElementById("results") !== null;

// Which event, where, brings which module, and which function of it takes the event.
const USES = [
  ["focusin", "#box", () => import("./suggestions.js"), "prepare"],
  ["input", "#box", () => import("./suggestions.js"), "suggest"],
  ...(isSearchPage ? [
    ["focusin", "#box, #facets, #days", () => import("./live.js"), "prepare"],
    ["input", "#box", () => import("./live.js"), "searchTyped"],
    ["change", "#facets [type=checkbox], #days", () => import("./live.js"), "searchChosen"],
    ["input", "[data-filter]", () => import("./facets.js"), "filterChoices"],
    ["pointerover", "#histogram", () => import("./histogram.js"), "selectDays"],
  ] : []),
  ["click", "[data-keys]", () => import("./keys.js"), "showKeys"],
];

for (const [type, selector, load, name] of USES) {
  document.addEventListener(type, async (event) => {
    if (event.target.closest?.(selector)) (await load())[name](event);
  });
}

// An entry of the history may be older than this document, which has not needed the module yet.
if (isSearchPage) {
  addEventListener("popstate", async () => (await import("./live.js")).showPresentAddress());
}

// What was left empty is not part of an address.
document.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});

// Keys that work anywhere but where something is typed. Who dictates, or presses keys by accident,
// can switch them off, as WCAG 2.1.4 asks for.
const KEYS = {
  "/": () => { box.focus(); box.select(); },
  "n": () => document.querySelector("a[rel=next]")?.click(),
  "p": () => document.querySelector("a[rel=prev]")?.click(),
  "?": async () => (await import("./keys.js")).showKeys(),
};

document.addEventListener("keydown", (event) => {
  const isTyped = event.target.closest("input, select, textarea, dialog");
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  if (localStorage.getItem("keys") === "off") return;
  event.preventDefault();
  KEYS[event.key]();
});
