// The inventory of a day that is past: the whole page shows it, and changes nothing.

import { go, here } from "./address.js";
import { byId, el, fill } from "./dom.js";

const DAY = /^\d{4}-\d\d-\d\d$/;

export function prepareAsOf() {
  const form = byId("as-of");
  const date = byId("as-of-date");
  date.max = new Date().toISOString().slice(0, 10);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const place = here();
    go({ ...place, view: undefined, offset: undefined, as_of: date.value });
  });
}

export function showAsOf(place) {
  const date = byId("as-of-date");
  const day = DAY.test(place.as_of) ? place.as_of : ""; // an address may hold anything
  if (date.value !== day) date.value = day;
  document.body.classList.toggle("past", Boolean(place.as_of));
  const banner = byId("banner");
  if (!place.as_of) {
    fill(banner);
    return;
  }
  const back = () => go({ ...here(), as_of: undefined, offset: undefined });
  fill(
    banner,
    el(
      "p",
      {},
      el("strong", {}, `As of the end of ${place.as_of} (UTC).`),
      " Read only: this is the past, by the history's own times.",
    ),
    el("button", { type: "button", onclick: back }, "Back to now"),
  );
}
