// How many models there are of each risk tier in each validation status.

import { here, linkTo } from "./address.js";
import { el, fill } from "./dom.js";
import { badge, count, models, STATUSES, TIERS, worded } from "./words.js";
import { isUnvalidated } from "./attention.js";

/** Count models by tier and status; a sum stands under the tier or the status alone. */
export function counted(all) {
  const counts = new Map();
  const add = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { risk_tier: tier, validation_status: status } of all) {
    add(`${tier} ${status}`);
    add(tier);
    add(status);
  }
  return counts;
}

/** Five steps from nothing to the fullest cell. */
function warmth(number, most) {
  return number === 0 ? 0 : 1 + Math.min(3, Math.floor((4 * (number - 1)) / Math.max(most, 1)));
}

export function drawHeatMap(node, all) {
  const counts = counted(all);
  const cells = STATUSES.flatMap((status) =>
    TIERS.map((tier) => counts.get(`${tier} ${status}`) ?? 0),
  );
  const most = Math.max(...cells);
  const chosen = here();
  fill(
    node,
    el(
      "table",
      { class: "heat" },
      el("caption", {}, `${models(all.length)}. Choose a number to see which they are.`),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("td", {}),
          TIERS.map((tier) => el("th", { scope: "col" }, badge(tier))),
          el("th", { scope: "col" }, "All"),
        ),
      ),
      el(
        "tbody",
        {},
        STATUSES.map((status) => row(status, counts, most, chosen)),
        el(
          "tr",
          { class: "sum" },
          el("th", { scope: "row" }, "All"),
          TIERS.map((tier) =>
            sum(counts.get(tier) ?? 0, { risk_tier: tier }, worded(tier), chosen),
          ),
          sum(all.length, {}, "all tiers and statuses", chosen),
        ),
      ),
    ),
    el(
      "p",
      { class: "legend" },
      key(
        [1, 2, 3, 4].map((step) => `warm-${step}`),
        "few to many",
      ),
      key(["warm-1 hatched"], "hatched: tier 1 or 2, not validated"),
    ),
  );
}

function key(classes, text) {
  const swatches = classes.map((name) => el("i", { class: name }));
  return el("span", {}, el("span", { class: "swatches", "aria-hidden": "true" }, swatches), text);
}

function row(status, counts, most, chosen) {
  const cells = TIERS.map((tier) => {
    const number = counts.get(`${tier} ${status}`) ?? 0;
    const place = { risk_tier: tier, validation_status: status };
    const hatched = number > 0 && isUnvalidated(place) ? " hatched" : "";
    const label = `${models(number)}: ${worded(tier)}, ${worded(status)}`;
    return el(
      "td",
      { class: `warm-${warmth(number, most)}${hatched}` },
      number === 0 ? el("span", { class: "quiet" }, "0") : cellLink(number, place, label, chosen),
    );
  });
  const all = sum(counts.get(status) ?? 0, { validation_status: status }, worded(status), chosen);
  return el("tr", {}, el("th", { scope: "row" }, badge(status)), cells, all);
}

function sum(number, place, words, chosen) {
  return el("td", { class: "sum" }, cellLink(number, place, `${models(number)}: ${words}`, chosen));
}

function cellLink(number, place, label, chosen) {
  const isChosen =
    !chosen.attention &&
    Object.keys(place).length > 0 &&
    (chosen.risk_tier ?? "") === (place.risk_tier ?? "") &&
    (chosen.validation_status ?? "") === (place.validation_status ?? "");
  const attributes = {
    href: linkTo(place),
    "aria-label": label,
    "aria-current": isChosen && "true",
  };
  return el("a", attributes, el("span", {}, count(number)));
}
