// Explorers without a kernel. Puts into each <div class="gc-explorer" data-lesson="02"> of the page
// the lesson's controls, its picture and its sentence. What stood in the div stays if anything fails.

import { picture } from "./scene.js";
import { LESSONS } from "./lessons.js";
import { unpack } from "./numbers.js";

const STYLE = `
.gc-live fieldset { border: 0; margin: 0 0 0.75rem; min-width: 0; padding: 0; }
.gc-live-control { align-items: center; display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; margin: 0.35rem 0; }
.gc-live-control label { flex: 0 0 11rem; }
.gc-live-control input { flex: 1 1 9rem; max-width: 24rem; min-height: 1.75rem; min-width: 0; }
.gc-live-control select { font: inherit; max-width: 100%; min-height: 2rem; }
.gc-live-control .gc-live-value { font-variant-numeric: tabular-nums; min-width: 3.5rem; }
.gc-live-scroll { overflow-x: auto; }
.gc-live-scroll > div { background: #fff; forced-color-adjust: none; min-width: 36rem; }
.gc-live-source { font-size: 0.9rem; }
@media (max-width: 30rem) {
  .gc-live-control label { flex-basis: 100%; }
  .gc-live-scroll > div { min-width: 42rem; } /* the cut goes through a panel: there is more */
}
`;

// What a lesson's explorer shows: `at(values)` → lines, images and sentence. No page needed.
export async function table(data) {
  const { result, draw, describe } = LESSONS[data.lesson];
  const found = { columns: await unpack(data.columns), numbers: data.numbers };
  return (values) => {
    const measured = result(found, values);
    const { lines, images } = draw(measured, values, found);
    return { lines, images, sentence: describe(measured, values, found) };
  };
}

// The URL of an image from rows of numbers, the lowest row first, in a colour map's colours.
function painted(rows, { colours, low, high }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [rows[0].length, rows.length];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  const count = colours.length / 3;
  let at = 0;
  for (const row of rows.toReversed()) {
    for (const value of row) {
      const place = Math.floor(((value - low) / (high - low)) * count);
      const colour = 3 * Math.max(0, Math.min(count - 1, place));
      for (let i = 0; i < 3; i++) pixels.data[at++] = colours[colour + i];
      pixels.data[at++] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A labelled control; `{row, value()}`. Calls `moved` when its value changes.
function control({ label, kind, options, value, unit, ...range }, id, moved) {
  const name = element("label", { htmlFor: id, textContent: label });
  if (kind === "menu") {
    const choices = options.map((option) => element("option", { textContent: option }));
    const select = element("select", { id }, ...choices);
    select.selectedIndex = options.indexOf(value);
    select.addEventListener("input", moved);
    const row = element("div", { className: "gc-live-control" }, name, select);
    return { row, value: () => options[select.selectedIndex] };
  }
  const slider = element("input", { type: "range", id, min: range.min, max: range.max });
  slider.step = range.step;
  slider.value = value;
  const shown = element("span", { className: "gc-live-value", ariaHidden: "true" }); // told below
  const tell = () => {
    shown.textContent = Number(slider.value).toFixed(range.digits);
    slider.setAttribute("aria-valuetext", `${shown.textContent} ${unit}`.trim());
  };
  slider.addEventListener("input", () => (tell(), moved()));
  tell();
  const row = element("div", { className: "gc-live-control" }, name, slider, shown);
  return { row, value: () => Number(slider.value) };
}

// A box that scrolls sideways, and can be reached by keyboard while it does.
function scroller(box, name) {
  const made = element("div", { className: "gc-live-scroll" }, box);
  new ResizeObserver(() => {
    const scrolls = made.scrollWidth > made.clientWidth;
    for (const [key, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", name]]) {
      if (scrolls) made.setAttribute(key, value);
      else made.removeAttribute(key);
    }
  }).observe(made);
  return made;
}

function show(root, data, at) {
  const id = `gc-live-${data.lesson}-${document.querySelectorAll(".gc-live").length}`;
  let asked = false;
  const moved = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => ((asked = false), update()));
  };
  const controls = data.controls.map((each) => [each.name, control(each, `${id}-${each.name}`, moved)]);
  const legend = element("legend", { textContent: "Measured data: move the controls" });
  const fields = element("fieldset", {}, legend, ...controls.map(([, { row }]) => row));
  const place = element("div");
  const drawing = picture(place, data.frame);
  place.prepend(scroller(place.firstElementChild, "Picture, scrolls sideways"));
  const source = element("p", { className: "gc-live-source", textContent: data.source });
  const urls = {};

  function update() {
    const values = Object.fromEntries(controls.map(([name, { value }]) => [name, value()]));
    const { lines, images, sentence } = at(values);
    const scene = {};
    for (const [name, artist] of Object.entries(data.scene)) {
      if (lines[name]) scene[name] = { ...artist, x: lines[name][0], y: lines[name][1] };
      if (!images[name]) continue;
      const [key, rows] = images[name];
      if (urls[name]?.key !== key || !key) {
        urls[name] = { key, url: painted(rows(), data.colours[name]) };
      }
      scene[name] = { ...artist, url: urls[name].url };
    }
    drawing.show(scene, sentence);
  }

  root.addEventListener("keydown", (event) => event.key === "Escape" && event.target.blur());
  update(); // before anything is replaced: an error leaves the page as it was
  root.replaceChildren(element("div", { className: "gc-live" }, fields, place, source));
}

// Fills one div; true if it worked.
export async function mount(root) {
  const { lesson, cell = "explorer" } = root.dataset;
  if (!(lesson in LESSONS) || cell !== "explorer") return false;
  try {
    const answer = await fetch(new URL(`./${lesson}.json`, import.meta.url));
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    const data = await answer.json();
    show(root, data, await table(data));
    return true;
  } catch (error) {
    console.warn(`The explorer of lesson ${lesson} stays a picture: ${error.message}`);
    return false;
  }
}

if (typeof document !== "undefined") {
  document.head.append(element("style", { textContent: STYLE }));
  document.querySelectorAll(".gc-explorer[data-lesson]").forEach(mount);
}
