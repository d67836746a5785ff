// Suggestions below the box: the editable combobox with list autocomplete and manual selection of
// the ARIA Authoring Practices. The text stays as typed until a suggestion is taken.

const box = document.getElementById("box");
const list = document.createElement("ul");
let request = new AbortController();
let active = -1; // Position of the suggestion that is pointed at by the keys.
let submitted = 0; // When the text was last searched for, in milliseconds as events have them.

list.id = "suggestions";
list.hidden = true;
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Suggestions");
box.after(list);
for (const [name, value] of Object.entries({
  "role": "combobox",
  "aria-autocomplete": "list",
  "aria-controls": list.id,
  "aria-expanded": "false",
})) box.setAttribute(name, value);

box.addEventListener("blur", close);
box.form.addEventListener("submit", (event) => {
  submitted = event.timeStamp;
  close(); // They would cover what was searched for.
});
box.addEventListener("keydown", pressKey);
// The box keeps the focus while a suggestion is clicked.
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => take(event.target.closest("[role=option]")));

/** Nothing, but that this module is here when somebody types. */
export function prepare() {}

const KEYS = {
  ArrowDown: () => (list.hidden ? suggest() : point(active + 1)),
  ArrowUp: () => (list.hidden ? suggest() : point(active - 1)),
  Enter: () => take(list.children[active]),
  Escape: () => close(),
};

function pressKey(event) {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) point(-1);
  // Without suggestions, Enter searches, and Escape clears the box, as in any field.
  const isOurs = event.key.startsWith("Arrow") || (event.key === "Escape" && !list.hidden)
    || (event.key === "Enter" && active >= 0);
  if (!KEYS[event.key] || !isOurs) return;
  event.preventDefault();
  KEYS[event.key]();
}

/** Suggest what goes on with the text in the box. */
export async function suggest(event) {
  // What was typed before may be told of late: this module is loaded when somebody types.
  if (event?.isComposing || event?.timeStamp < submitted) return;
  request.abort();
  request = new AbortController();
  const { signal } = request;
  if (!box.value.trim()) return close();
  try {
    const query = new URLSearchParams(new FormData(box.form));
    const response = await fetch(`${box.form.action}suggestions?${query}`, { signal });
    if (!response.ok) return close();
    const { suggestions } = await response.json();
    if (!signal.aborted) open(suggestions);
  } catch {
    // Suggestions help; without them, the box works. An older request was aborted.
    if (!signal.aborted) close();
  }
}

function open(suggestions) {
  list.replaceChildren(...suggestions.map(option));
  point(-1);
  list.hidden = suggestions.length === 0 || document.activeElement !== box;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

function close() {
  request.abort();
  open([]);
}

function option({ text, value, label, count }, position) {
  const element = document.createElement("li");
  element.id = `suggestion-${position}`;
  element.dataset.text = text;
  element.setAttribute("role", "option");
  element.append(part("bdi", value), part("span", label), part("span", count?.toLocaleString("en") ?? ""));
  return element;
}

function part(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** Point at a suggestion; before the first one and after the last one is the box. */
function point(position) {
  const { children } = list;
  active = position < -1 ? children.length - 1 : position >= children.length ? -1 : position;
  [...children].forEach((each, at) => each.setAttribute("aria-selected", String(at === active)));
  if (active < 0) box.removeAttribute("aria-activedescendant");
  else {
    box.setAttribute("aria-activedescendant", children[active].id);
    children[active].scrollIntoView({ block: "nearest" });
  }
}

/** Put a suggestion into the box, and search. */
function take(element) {
  if (!element) return;
  box.value = element.dataset.text;
  close();
  box.form.requestSubmit();
}
