// The lifecycle as a picture: the path taken, the moves that may follow, all others.
// Statuses stand in a column; moves forward are arcs on its right, moves back on its left.

import { el, svg } from "./dom.js";
import { foreign, instant, STATUSES, worded } from "./words.js";

const PITCH = 48;
const TOP = 26;
const [LEFT, RIGHT] = [125, 275];
const SPREAD = 3;

/**
 * Draw where an entry stands.
 *
 * `moves` says which status may follow which, or is null where that is not known.
 */
export function drawLifecycle(status, path, moves) {
  const taken = new Set(path.slice(1).map((step, at) => `${path[at].status} ${step.status}`));
  const been = new Set(path.map((step) => step.status));
  const next = moves?.[status] ?? [];
  const arcs = [];
  for (const from of STATUSES) {
    for (const to of STATUSES) {
      if (from === to) continue;
      const isTaken = taken.has(`${from} ${to}`);
      const isNext = from === status && next.includes(to);
      if (!isTaken && !isNext && !moves?.[from]?.includes(to)) continue;
      arcs.push({ from, to, kind: isTaken ? "taken" : isNext ? "next" : "other" });
    }
  }
  const order = ["other", "next", "taken"];
  arcs.sort((one, two) => order.indexOf(one.kind) - order.indexOf(two.kind));
  const nodes = STATUSES.map((name) => {
    const kind =
      name === status ? "now" : next.includes(name) ? "next" : been.has(name) ? "been" : "other";
    return node(name, kind);
  });
  const height = TOP * 2 + PITCH * (STATUSES.length - 1);
  const picture = svg(
    "svg",
    {
      class: "lifecycle",
      viewBox: `0 0 400 ${height}`,
      role: "img",
      "aria-label": told(status, path, next, moves),
    },
    arcs.map(arc),
    nodes,
  );
  return el("figure", { class: "lifecycle" }, picture, el("figcaption", {}, legend()));
}

function told(status, path, next, moves) {
  const steps = path.map((step) => worded(step.status)).join(", then ");
  const following = next.length > 0 ? next.map(worded).join(", ") : "nothing";
  return `Lifecycle. Path taken: ${steps}. Now: ${worded(status)}.${moves ? ` May become: ${following}.` : ""}`;
}

function heightOf(status) {
  return TOP + PITCH * STATUSES.indexOf(status);
}

function node(status, kind) {
  const y = heightOf(status);
  const label = kind === "now" ? `● ${worded(status)}` : worded(status);
  return svg(
    "g",
    { class: `node is-${kind}` },
    svg("rect", { x: LEFT, y: y - 16, width: RIGHT - LEFT, height: 32, rx: 6 }),
    svg("text", { x: (LEFT + RIGHT) / 2, y: y + 4.5, "text-anchor": "middle" }, label),
  );
}

function arc({ from, to, kind }) {
  const distance = STATUSES.indexOf(to) - STATUSES.indexOf(from);
  const side = Math.sign(distance);
  const far = Math.abs(distance);
  const x = side > 0 ? RIGHT : LEFT;
  const start = heightOf(from) + side * (10 - SPREAD * (far - 1));
  const end = heightOf(to) - side * (10 - SPREAD * (far - 1));
  const bend = x + side * (14 + 26 * far);
  const tip = x + side * 7;
  return svg(
    "g",
    { class: `arc is-${kind}` },
    svg("path", {
      class: "way",
      d: `M${x} ${start}C${bend} ${start} ${bend} ${end} ${tip} ${end}`,
    }),
    svg("path", { class: "tip", d: `M${x} ${end}l${side * 8} -4.5v9z` }),
  );
}

function legend() {
  const key = (kind, text) =>
    el(
      "span",
      { class: "key" },
      svg(
        "svg",
        { viewBox: "0 0 28 8", "aria-hidden": "true" },
        svg("g", { class: `arc is-${kind}` }, svg("path", { class: "way", d: "M1 4H27" })),
      ),
      text,
    );
  return [key("taken", "path taken"), key("next", "may follow now"), key("other", "other moves")];
}

export function pathList(path) {
  return el(
    "ol",
    { class: "path" },
    path.map((step) =>
      el(
        "li",
        {},
        el("strong", {}, worded(step.status)),
        el("span", { class: "quiet" }, " by ", foreign(step.actor), ", ", instant(step.at)),
      ),
    ),
  );
}
