// The table of models, a page of it at a time, and the way to the other pages.

import { here, linkTo } from "./address.js";
import { el, fill } from "./dom.js";
import { badge, count, day, foreign, models, nothing } from "./words.js";

export const PAGE = 50;

const COLUMNS = [
  "Model",
  "Provider",
  "Risk tier",
  "Validation status",
  "Owner",
  "Last seen",
  "Updated",
];

// On a phone a row becomes a card; the roles keep it a row for those who hear it.
export function drawListing(node, page) {
  if (page.models.length === 0) {
    const empty = page.total === 0 ? "No model matches." : "There is nothing on this page.";
    fill(node, el("p", { class: "empty" }, empty));
    return;
  }
  const head = el(
    "thead",
    { role: "rowgroup" },
    el(
      "tr",
      { role: "row" },
      COLUMNS.map((name) => el("th", { scope: "col", role: "columnheader" }, name)),
    ),
  );
  const body = el("tbody", { role: "rowgroup" }, page.models.map(row));
  const caption = el("caption", { class: "unseen" }, "Models, newest first");
  fill(node, el("table", { class: "models", role: "table" }, caption, head, body));
}

function row(model) {
  const named = model.display_name !== model.model_id;
  return el(
    "tr",
    { role: "row" },
    cell(
      "Model",
      el(
        "a",
        { class: "name", href: linkTo({ entry: model.id }), "data-entry": model.id },
        foreign(model.display_name),
      ),
      named && el("span", { class: "model-id" }, foreign(model.model_id)),
    ),
    cell("Provider", foreign(model.provider)),
    cell("Risk tier", badge(model.risk_tier)),
    cell("Validation status", badge(model.validation_status)),
    cell("Owner", model.owner === null ? nothing("no owner") : foreign(model.owner)),
    cell("Last seen", lastSeen(model.last_seen_at)),
    cell("Updated", day(model.updated_at)),
  );
}

// When a model was seen is no part of the history: of the past it is not known.
function lastSeen(at) {
  if (here().as_of) return nothing("not known");
  return at === null ? nothing("never") : day(at);
}

function cell(name, ...content) {
  return el("td", { role: "cell", "data-name": name }, content);
}

/** Say which part of how many is shown. */
export function summaryOf(page, what) {
  if (page.total === 0) return `${what}: no model`;
  const last = page.offset + page.models.length;
  const shown =
    page.total > page.models.length && last > 0
      ? `, ${count(page.offset + 1)} to ${count(last)} shown`
      : "";
  return `${what}: ${models(page.total)}${shown}, newest first`;
}

export function drawPager(node, page, place) {
  const final = Math.max(0, Math.ceil(page.total / PAGE) - 1) * PAGE;
  const step = (name, offset, works) =>
    works
      ? el(
          "a",
          {
            class: "button",
            href: linkTo({ ...place, offset: offset > 0 ? String(offset) : undefined }),
          },
          name,
        )
      : el("span", { class: "button off" }, name);
  node.hidden = page.total <= PAGE && page.offset === 0;
  fill(
    node,
    step("First page", 0, page.offset > 0),
    step("Previous page", Math.min(page.offset - PAGE, final), page.offset > 0),
    el(
      "span",
      { class: "where" },
      `Page ${count(Math.floor(page.offset / PAGE) + 1)} of ${count(final / PAGE + 1)}`,
    ),
    step("Next page", page.offset + PAGE, page.offset < final),
    step("Last page", final, page.offset < final),
  );
}
