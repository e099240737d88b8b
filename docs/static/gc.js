// What the pages need for the keyboard and for screen readers beyond what Furo has.

// Boxes that scroll can be reached and scrolled by keyboard; boxes that fit are not in the way.
const BOXES = { pre: "Code or output", ".table-wrapper": "Table", ".gc-math": "Formula" };

const mark = (box, name) => {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${name}, scrolls sideways`);
  } else {
    for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
  }
};

const names = new Map();
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) mark(target, names.get(target));
});
for (const [selector, name] of Object.entries(BOXES)) {
  for (const box of document.querySelectorAll(`article ${selector}`)) {
    names.set(box, name);
    watcher.observe(box);
  }
}

// On narrow screens Furo opens its drawers by labels, which the keyboard does not reach: they
// become buttons.
const button = (label, name, toggle) => {
  const made = document.createElement("button");
  made.className = label.className;
  made.setAttribute("aria-label", name);
  made.append(...label.childNodes);
  made.addEventListener("click", () => toggle.click());
  label.replaceWith(made);
  return made;
};

const drawer = (id, selector, name) => {
  const toggle = document.getElementById(id);
  const aside = document.querySelector(selector);
  if (!toggle || !aside) return;
  aside.setAttribute("aria-label", name);
  const labels = [...document.querySelectorAll(`label[for=${id}]:not(.overlay)`)];
  const buttons = labels.map((label) => button(label, name, toggle));
  const tell = () => {
    for (const each of buttons) each.setAttribute("aria-expanded", toggle.checked);
  };
  toggle.addEventListener("change", () => {
    tell();
    if (toggle.checked) aside.querySelector("a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !toggle.checked) return;
    toggle.click();
    buttons.find((each) => each.offsetParent)?.focus();
  });
  tell();
};
drawer("__navigation", ".sidebar-drawer", "Lessons and pages");
drawer("__toc", ".toc-drawer", "On this page");
