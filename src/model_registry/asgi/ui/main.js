// The page's beginning: what the address asks for is shown, and shown anew when it changes.

import { here, linkTo } from "./address.js";
import { prepareAsOf, showAsOf } from "./asof.js";
import { showDiscovery } from "./discovery.js";
import { byId, fill } from "./dom.js";
import { showEntry } from "./entry.js";
import { prepareInventory, showInventory } from "./inventory.js";
import { showRegistering } from "./registering.js";
import { askForToken, prepareForgetting, showWhetherToken, takeTokenFromAddress } from "./token.js";
import { noTrouble, onLocked, trouble } from "./trouble.js";

let current = { name: null, entry: null };
let shown = {};
let scrolled = 0;
let reading = new AbortController();

function viewOf(place) {
  if (place.entry) return { name: `entry ${place.entry}`, show: showEntry };
  if (place.view === "register" && !place.as_of) return { name: "register", show: showRegistering };
  if (place.view === "discovery" && !place.as_of) return { name: "discovery", show: showDiscovery };
  return { name: "inventory", show: null };
}

async function show() {
  takeTokenFromAddress();
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  const place = here();
  const view = viewOf(place);
  const before = current;
  const isNew = before.name !== view.name;
  if (isNew && before.name === "inventory") scrolled = window.scrollY;
  current = { name: view.name, entry: place.entry ?? before.entry };
  byId("main").setAttribute("aria-busy", "true");
  noTrouble();
  showAsOf(place);
  showWhetherToken();
  for (const id of ["to-register", "to-discovery"]) byId(id).hidden = Boolean(place.as_of);
  byId("home").href = linkTo({});
  const inventory = byId("view-inventory");
  const other = byId("view-other");
  try {
    if (view.show === null) {
      await showInventory(place, signal);
      fill(other);
    } else {
      await view.show(other, place, signal);
    }
    if (signal.aborted) return;
    shown = { name: view.name, day: place.as_of };
    inventory.hidden = view.show !== null;
    other.hidden = view.show === null;
    titled(view.show === null ? inventory : other);
    if (isNew && before.name !== null) arrive(view, before);
  } catch (error) {
    if (signal.aborted) return;
    if (shown.name !== view.name || shown.day !== place.as_of) {
      // What is still there is of another model, or of another day.
      inventory.hidden = true;
      other.hidden = true;
      shown = {};
    }
    trouble(error, show);
  } finally {
    if (!signal.aborted) byId("main").removeAttribute("aria-busy");
  }
}

function titled(section) {
  document.title = `${section.querySelector("h1").textContent} · Model registry`;
}

/** Have the focus where the reader's eyes are: at the new view's title, or at the row left. */
function arrive(view, before) {
  if (view.show !== null) {
    window.scrollTo(0, 0);
    byId("view-other").querySelector("h1")?.focus({ preventScroll: true });
    return;
  }
  const rows = [...document.querySelectorAll("[data-entry]")];
  const left = rows.find((row) => row.dataset.entry === before.entry) ?? byId("inventory-title");
  left.focus({ preventScroll: true });
  window.scrollTo(0, scrolled);
}

function locked(refusal) {
  byId("view-inventory").hidden = true;
  byId("view-other").hidden = false;
  current = { ...current, name: "token" };
  noTrouble();
  askForToken(byId("view-other"), refusal, show);
  titled(byId("view-other"));
}

onLocked(locked);
prepareInventory();
prepareAsOf();
prepareForgetting(show);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
window.addEventListener("hashchange", show);
window.addEventListener("beforeprint", () => {
  for (const more of document.querySelectorAll("[data-more]")) while (!more.hidden) more.click();
});
show();
