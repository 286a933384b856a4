// Elements made of a tag, attributes and children. Text is only ever text: nothing here,
// and nothing that uses it, reads markup.

const SVG = "http://www.w3.org/2000/svg";

function dress(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") continue;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  if (attributes.value !== undefined) made.value = attributes.value; // a select needs its options first
  return made;
}

export function el(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

export function byId(id) {
  return document.getElementById(id);
}

/** Put children in the place of whatever a node holds. */
export function fill(node, ...children) {
  node.replaceChildren();
  return dress(node, {}, children);
}

/** Tell a screen reader what happened, where nothing that is seen tells it. */
export function announce(text) {
  byId("said").textContent = text;
}

/**
 * Do something that takes time, once: until it is done, pressing the button again does
 * nothing. The button is not disabled, for it would lose the focus.
 */
export async function busily(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

let made = 0;

/** An id that no other element of the page has. */
export function newId(name) {
  made += 1;
  return `${name}-${made}`;
}
