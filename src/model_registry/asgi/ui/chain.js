// Checking events against their hashes, as anybody can from outside: SHA-256 over the
// canonical JSON (RFC 8785) of an event without its hash.

/** Whether this browser computes hashes here: it does on https and on this very machine. */
export const canCheck = Boolean(globalThis.crypto?.subtle);

/** Write a JSON value without floats in canonical form. Keys sort by their UTF-16 units. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

async function hashOf(event) {
  const { hash: _, ...link } = event;
  const bytes = new TextEncoder().encode(canonical(link));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Check each event's own hash, and the link between those that follow each other directly.
 *
 * Returns the sequences of events that do not hold, and how many links were seen: other
 * models' events lie between, and those are not here.
 */
export async function checkEvents(events) {
  const hashes = await Promise.all(events.map(hashOf));
  const broken = new Set(
    events.filter((event, at) => event.hash !== hashes[at]).map((event) => event.sequence),
  );
  let links = 0;
  for (let at = 1; at < events.length; at += 1) {
    const [before, event] = [events[at - 1], events[at]];
    if (event.sequence !== before.sequence + 1) continue;
    links += 1;
    if (event.previous_hash !== before.hash) broken.add(event.sequence);
  }
  return { broken, links };
}
