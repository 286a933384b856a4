// What a history alone tells of its entry: the fields as they stood, and the path taken.

import { endOf } from "./address.js";

/** The events up to the end of a day; all of them without a day. */
export function eventsUntil(events, day) {
  if (!day) return events;
  const until = Date.parse(endOf(day));
  return events.filter((event) => Date.parse(event.at) <= until);
}

/**
 * Return the entry that its events make, and the event that deleted it, if one did.
 *
 * A registration lists every field, and every later event what it changed.
 */
export function rebuilt(events) {
  let entry = null;
  let deletion = null;
  for (const event of events) {
    if (event.action === "deleted") {
      deletion = event;
      continue;
    }
    entry ??= {};
    for (const [name, change] of Object.entries(event.changes)) {
      if (!name.includes(".")) entry[name] = change.to;
    }
    if (Object.keys(event.changes).length > 0) entry.updated_at = event.at;
  }
  return { entry, deletion };
}

/** Each status that the entry has had, in order, with who gave it and when. */
export function pathTaken(events) {
  return events
    .filter((event) => event.action !== "deleted" && event.changes.validation_status)
    .map((event) => ({
      status: event.changes.validation_status.to,
      at: event.at,
      actor: event.actor,
    }));
}
