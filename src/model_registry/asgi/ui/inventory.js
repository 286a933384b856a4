// The inventory's view: heat map, attention lists, filters, table.

import { endOf, filtersOf, FILTERS, go, rememberInventory } from "./address.js";
import { get } from "./api.js";
import { attentionList, drawAttention, onList } from "./attention.js";
import { byId, el, fill } from "./dom.js";
import { prepareExports } from "./exporting.js";
import { drawHeatMap } from "./heatmap.js";
import { drawListing, drawPager, PAGE, summaryOf } from "./listing.js";
import { STATUSES, TIERS, worded } from "./words.js";
import { wholeInventory } from "./whole.js";

const PAUSE = 250; // milliseconds after the last letter of a search

let place = {};
let waiting;

/** Make the form's choices, and have what is chosen in it change the address. */
export function prepareInventory() {
  const form = byId("filters");
  offer(form.risk_tier, "Any tier", TIERS);
  offer(form.validation_status, "Any status", STATUSES);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(form, false);
  });
  form.addEventListener("input", (event) => {
    const typed = event.target.type === "search";
    clearTimeout(waiting);
    waiting = setTimeout(() => apply(form, typed), typed ? PAUSE : 0);
  });
  // Who has gone elsewhere meanwhile is not brought back by a search.
  window.addEventListener("hashchange", () => clearTimeout(waiting));
  byId("clear").addEventListener("click", () => {
    form.elements.search.focus(); // the button is about to be disabled
    go({ as_of: place.as_of });
  });
  prepareExports(byId("exports"), () => ({ ...filtersOf(place), as_of: endOf(place.as_of) }));
}

function offer(select, any, values) {
  fill(
    select,
    el("option", { value: "" }, any),
    values.map((value) => el("option", { value }, worded(value))),
  );
}

function apply(form, replacing) {
  clearTimeout(waiting);
  const chosen = { as_of: place.as_of };
  for (const name of FILTERS) chosen[name] = form.elements[name].value.trim();
  go(chosen, { replacing });
}

export async function showInventory(asked, signal) {
  place = asked;
  rememberInventory(asked);
  const form = byId("filters");
  for (const name of FILTERS) {
    const control = form.elements[name];
    const value = place[name] ?? "";
    if (control.value.trim() !== value) control.value = value;
  }
  const list = attentionList(place.attention, place.as_of);
  const title = list
    ? list.title
    : Object.keys(filtersOf(place)).length > 0
      ? "Models that match"
      : "All models";
  byId("list-title").textContent = title;
  byId("clear").disabled = title === "All models";
  byId("exports").hidden = list !== undefined;

  const wholeRead = wholeInventory(place.as_of, signal).then((whole) => {
    drawHeatMap(byId("heat"), whole.models);
    drawAttention(byId("attention"), whole.models, place.as_of);
    byId("tenant").textContent = whole.tenant ?? "";
    return whole;
  });
  const pageRead = list
    ? wholeRead.then((whole) => pageOf(onList(list, whole.models)))
    : readPage(signal);
  const [page] = await Promise.all([pageRead, wholeRead]);
  drawListing(byId("listing"), page);
  drawPager(byId("pager"), page, { ...filtersOf(place), attention: place.attention });
  byId("summary").textContent = summaryOf(page, title);
}

function readPage(signal) {
  const query = {
    ...filtersOf(place),
    limit: PAGE,
    offset: place.offset,
    as_of: endOf(place.as_of),
  };
  return get("models", { query, signal });
}

function pageOf(models) {
  const offset = Math.max(0, Number.parseInt(place.offset ?? "0", 10) || 0);
  return { total: models.length, offset, models: models.slice(offset, offset + PAGE) };
}
