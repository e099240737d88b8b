// Draws what gradcourse/scene.py describes. One component for two places: in a notebook a kernel
// sends each scene (`render`, an anywidget); a page without a kernel calls `picture` itself.
//
// A frame is {width, height, background}; sizes are CSS pixels, the background a picture's URL.
// A scene is {name: line | image | text}, drawn in this order over the background.

const SVG = "http://www.w3.org/2000/svg";
const FAR = 1e5; // pixels: as good as infinity
const own = Math.random().toString(36).slice(2); // this script may run twice on a page
let ids = 0;

function add(parent, tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  return parent.appendChild(element);
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

// Where a number stands on an axis, in pixels; NaN for what has no place.
export function place({ log, at, per }, value) {
  if (value === null || !Number.isFinite(value)) return NaN;
  const found = at + per * (!log ? value : value > 0 ? Math.log10(value) : -FAR);
  return Math.max(-FAR, Math.min(FAR, found));
}

// An SVG path through the points that have a place; a gap where one has none.
export function path({ x, y, across, up }) {
  let d = "";
  let pen = "M";
  for (let i = 0; i < x.length; i++) {
    const left = place(across, x[i]);
    const top = place(up, y[i]);
    if (Number.isNaN(left + top)) {
      pen = "M";
    } else {
      d += `${pen}${left.toFixed(2)},${top.toFixed(2)}`;
      pen = "L";
    }
  }
  return d;
}

// An SVG path with a symbol at each point that has a place; the symbol's own path is relative.
export function symbols({ x, y, across, up, marker }) {
  let d = "";
  for (let i = 0; i < x.length; i++) {
    const left = place(across, x[i]);
    const top = place(up, y[i]);
    if (!Number.isNaN(left + top)) d += `M${left.toFixed(2)},${top.toFixed(2)}${marker.path}`;
  }
  return d;
}

function drawLine(group, line) {
  const curve = group.curve ?? (group.curve = add(group, "path", { fill: "none" }));
  set(curve, {
    d: path(line),
    stroke: line.colour,
    "stroke-width": line.width,
    "stroke-dasharray": line.dashes.join(" ") || "none",
    "stroke-linejoin": "round",
    opacity: line.opacity,
  });
  if (!line.marker) return;
  const points = group.points ?? (group.points = add(group, "path"));
  const { face, edge, width, cap } = line.marker;
  const pen = { stroke: edge, "stroke-width": width, "stroke-linecap": cap };
  const looks = { fill: face, ...pen, opacity: line.opacity };
  set(points, { d: symbols(line), ...looks });
}

function drawImage(group, { box, url }) {
  if (!group.image) {
    group.image = add(group, "image", { preserveAspectRatio: "none" });
    group.image.style.imageRendering = "pixelated";
  }
  if (group.url !== url) group.image.setAttribute("href", (group.url = url));
  const [x, y, width, height] = box;
  set(group.image, { x, y, width, height });
}

function drawText(group, { text, x, y, anchor, baseline, size, colour }) {
  const label = group.label ?? (group.label = add(group, "text", { "font-family": "sans-serif" }));
  set(label, { x, y, fill: colour, "text-anchor": anchor, "dominant-baseline": baseline });
  set(label, { "font-size": size });
  label.textContent = text;
}

const DRAW = { line: drawLine, image: drawImage, text: drawText };

// Puts a picture and its sentence into `el`, and returns `{show(scene, sentence), fail(error,
// details)}`. The sentence is read aloud, and is the picture's text alternative.
export function picture(el, { width, height, background }) {
  const box = document.createElement("div");
  box.style.cssText = `position:relative;max-width:${width}px;aspect-ratio:${width}/${height}`;
  const ground = document.createElement("img");
  ground.alt = "";
  ground.src = background;
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { viewBox: `0 0 ${width} ${height}`, role: "img" });
  for (const layer of [ground, svg]) {
    layer.style.cssText = "position:absolute;inset:0;width:100%;height:100%";
    box.append(layer);
  }
  svg.style.willChange = "transform"; // a layer of its own: the background is not painted again
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.style.cssText = "font-size:1.1em;margin:0.3em 0";
  const alert = document.createElement("div");
  alert.style.cssText = `position:absolute;inset:0;overflow:auto;background:#fff;color:#222`;
  el.replaceChildren(box, status);
  const groups = {};

  function group(name, { clip }) {
    if (groups[name]) return groups[name];
    groups[name] = add(svg, "g");
    if (clip) {
      const [x, y, width, height] = clip;
      const id = `clip-${own}-${ids++}`;
      add(add(groups[name], "clipPath", { id }), "rect", { x, y, width, height });
      groups[name] = add(groups[name], "g", { "clip-path": `url(#${id})` });
    }
    return groups[name];
  }

  return {
    show(scene, sentence) {
      alert.remove();
      svg.style.visibility = "visible";
      for (const [name, artist] of Object.entries(scene)) {
        DRAW[artist.kind](group(name, artist), artist);
      }
      svg.setAttribute("aria-label", sentence);
      status.textContent = sentence;
    },
    fail(error, details) {
      alert.setAttribute("role", "alert");
      const head = document.createElement("b");
      head.textContent = `This picture could not be drawn: ${error}`;
      const pre = document.createElement("pre");
      pre.textContent = details;
      alert.replaceChildren(head, pre);
      box.append(alert);
      svg.style.visibility = "hidden"; // also for a screen reader: it would tell the last picture
      status.textContent = "";
    },
  };
}

export default {
  render({ model, el }) {
    const { show, fail } = picture(el, model.get("frame"));
    const update = () => {
      const { artists, sentence, error, details } = model.get("shown");
      if (error !== undefined) return fail(error, details);
      const images = model.get("images");
      const scene = {};
      for (const [name, artist] of Object.entries(artists)) {
        scene[name] = artist.kind === "image" ? { ...artist, url: images[name] } : artist;
      }
      show(scene, sentence);
    };
    model.on("change:shown change:images", update);
    update();
  },
};
