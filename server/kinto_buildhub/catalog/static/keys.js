// The list of the keys, as a dialog.

const KEYS = [
  ["/", "Go to the search box"],
  ["n", "Next page of the table"],
  ["p", "Previous page of the table"],
  ["?", "Show these keys"],
];
const IN_THE_BOX = [
  ["↓ ↑", "Choose a suggestion"],
  ["Enter", "Search, or take the suggestion"],
  ["Esc", "Close the suggestions; again: clear the box"],
];

let dialog;

/** Show the keys. */
export function showKeys() {
  dialog ??= buildDialog();
  dialog.showModal();
}

function buildDialog() {
  const rows = (keys) => keys.map(([key, does]) => `<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`).join("");
  const element = document.createElement("dialog");
  element.setAttribute("aria-labelledby", "keys-title");
  element.innerHTML = `
    <h2 id="keys-title">Keys</h2>
    <dl class="facts">${rows(KEYS)}</dl>
    <h3>In the search box</h3>
    <dl class="facts">${rows(IN_THE_BOX)}</dl>
    <form method="dialog">
      <label><input type="checkbox"> Keys of a single character work everywhere</label>
      <button class="button">Close</button>
    </form>`;
  const works = element.querySelector("input");
  works.checked = localStorage.getItem("keys") !== "off";
  works.addEventListener("change", () => localStorage.setItem("keys", works.checked ? "on" : "off"));
  document.body.append(element);
  return element;
}
