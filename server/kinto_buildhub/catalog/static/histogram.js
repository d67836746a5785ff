// Drag over the bars of the histogram to choose their days. Each bar by itself is a link.

import { askedAddress, show } from "./live.js";

const SVG = "http://www.w3.org/2000/svg";
const seen = new WeakSet();

/** Make the bars of a histogram something to drag over. */
export function selectDays({ target }) {
  const plot = target.closest("#histogram svg");
  if (!plot || seen.has(plot)) return;
  seen.add(plot);
  plot.addEventListener("dragstart", (event) => event.preventDefault());
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") drag(plot, event);
  });
}

function drag(plot, { clientX: start }) {
  const bars = [...plot.querySelectorAll("a")];
  const range = document.createElementNS(SVG, "rect");
  range.setAttribute("class", "plot-range");
  for (const name of ["y", "height"]) range.setAttribute(name, areaOf(bars[0]).getAttribute(name));
  let chosen = [];
  const done = new AbortController();

  function move({ clientX }) {
    const [left, right] = [Math.min(start, clientX), Math.max(start, clientX)];
    chosen = bars.filter((bar) => {
      const place = areaOf(bar).getBoundingClientRect();
      return place.right > left && place.left < right;
    });
    // Within one bar it is a click, on a link.
    if (chosen.length < 2) return range.remove();
    const [first, last] = [chosen[0], chosen.at(-1)].map((bar) => areaOf(bar).getBoundingClientRect());
    range.setAttribute("x", first.left - plot.getBoundingClientRect().left);
    range.setAttribute("width", last.right - first.left);
    plot.append(range);
  }

  function end() {
    done.abort();
    range.remove();
    if (chosen.length < 2) return;
    // The click that follows would open the last bar.
    plot.addEventListener("click", (event) => event.preventDefault(), { once: true, capture: true });
    const address = askedAddress((data) => {
      data.set("from", dayOf(chosen[0], "from"));
      data.set("to", dayOf(chosen.at(-1), "to"));
    });
    show(address);
  }

  addEventListener("pointermove", move, { signal: done.signal });
  addEventListener("pointerup", end, { signal: done.signal });
  addEventListener("pointercancel", () => { chosen = []; end(); }, { signal: done.signal });
}

/** The invisible area of a bar, as high as the plot. */
function areaOf(bar) {
  return bar.querySelector(".plot-bar-area");
}

function dayOf(bar, name) {
  return new URL(bar.href.baseVal, location.href).searchParams.get(name);
}
