// Changing an entry without overwriting what somebody else changed meanwhile.

import { getEntry, jsonOf, request } from "./api.js";
import { FIELDS } from "./words.js";

const OBSERVED = "last_seen_at";

/** Somebody else changed the entry: what it is now, and its ETag. */
export class Conflict extends Error {
  constructor(theirs, etag) {
    super("Somebody else changed this model after you opened it. Nothing of yours was saved.");
    this.theirs = theirs;
    this.etag = etag;
    this.seen = `${this.message} This is how it stands now.`;
  }
}

/** The names of the fields in which two states of an entry differ, observations aside. */
export function differences(one, other) {
  const same = (name) => JSON.stringify(one[name]) === JSON.stringify(other[name]);
  return Object.keys(FIELDS).filter((name) => name !== OBSERVED && !same(name));
}

/**
 * Change the given fields of the entry that was read, and of no other state of it.
 *
 * That the model was seen in traffic meanwhile is no conflict: it is tried once more.
 *
 * Throws a Conflict, or a Refusal in the server's words.
 */
export async function save(read, changes) {
  return withTag(read, async (etag) => {
    const path = `models/${encodeURIComponent(read.entry.id)}`;
    return jsonOf(await request("PUT", path, { body: changes, ifMatch: etag }));
  });
}

/** Delete the entry that was read, and no other state of it; throws as `save` does. */
export async function remove(read) {
  return withTag(read, (etag) =>
    request("DELETE", `models/${encodeURIComponent(read.entry.id)}`, { ifMatch: etag }),
  );
}

async function withTag(read, change) {
  try {
    return await change(read.etag);
  } catch (error) {
    if (error.status !== 412) throw error;
    const now = await getEntry(read.entry.id);
    if (differences(read.entry, now.entry).length > 0) throw new Conflict(now.entry, now.etag);
    return change(now.etag);
  }
}
