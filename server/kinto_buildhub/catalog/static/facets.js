// The field above a long facet: shows the values that contain what is typed.

import { askedAddress, show } from "./live.js";

/** Show the values of a facet that contain the text; all of them are fetched when it begins. */
export function filterChoices({ target: filter }) {
  const facet = filter.closest("fieldset");
  if (filter.value && !facet.hasAttribute("data-expanded")) {
    // This page has only the first ones. The next page keeps the text, and comes back here.
    show(askedAddress((data) => data.append("all", filter.dataset.filter)));
    return;
  }
  const text = filter.value.trim().toLowerCase();
  for (const item of facet.querySelectorAll("li")) {
    item.hidden = !item.querySelector("input").value.toLowerCase().includes(text);
  }
}
