// The page's state is its address, after the #: so a view can be kept, sent and gone back to.

export const FILTERS = ["risk_tier", "validation_status", "provider", "search"];

const KNOWN = [...FILTERS, "attention", "offset", "as_of", "entry", "view"];

/** What the address asks for, by name; what it does not name is not there. */
export function here() {
  const given = new URLSearchParams(location.hash.slice(1));
  const place = {};
  for (const name of KNOWN) {
    const value = given.get(name);
    if (value) place[name] = value;
  }
  return place;
}

export function hashOf(place) {
  const kept = new URLSearchParams();
  for (const name of KNOWN) if (place[name]) kept.set(name, place[name]);
  return `#${kept}`;
}

/** A link within the same instant: from the past, links lead to the past. */
export function linkTo(place) {
  return hashOf({ as_of: here().as_of, ...place });
}

/**
 * Go to a place. Typing replaces the address, so that back does not undo single letters.
 */
export function go(place, { replacing = false } = {}) {
  const hash = hashOf(place);
  if (!replacing && hash !== (location.hash || "#")) {
    location.hash = hash;
    return;
  }
  history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function filtersOf(place) {
  return Object.fromEntries(
    FILTERS.filter((name) => place[name]).map((name) => [name, place[name]]),
  );
}

/** The instant that a day ends at, as the API takes it: an inventory as of a day holds that day. */
export function endOf(day) {
  return day ? `${day}T23:59:59.999999Z` : undefined;
}

let last = {};

/** Remember what the inventory's view showed last, to lead back to it. */
export function rememberInventory(place) {
  last = place;
}

/** A link to the inventory as it was last filtered, at the instant that is shown now. */
export function backToInventory() {
  return hashOf({ ...last, as_of: here().as_of });
}
