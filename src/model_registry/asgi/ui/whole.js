// The whole inventory, for what only the whole can tell: read once through the export,
// then asked about by its ETag.

import { endOf } from "./address.js";
import { jsonOf, request } from "./api.js";

const KEPT = [
  "id",
  "model_id",
  "display_name",
  "provider",
  "risk_tier",
  "validation_status",
  "owner",
  "last_seen_at",
  "updated_at",
];

let kept = { day: null, etag: null, models: null, tenant: null };

/** Forget it: whoever signs in next may be of another tenant. */
export function forgetWhole() {
  kept = { day: null, etag: null, models: null, tenant: null };
}

/**
 * Return every model of now, or of the end of a day, newest first.
 *
 * What the lists do not show (descriptions, tags) is dropped at once.
 */
export async function wholeInventory(day, signal) {
  const same = kept.models !== null && kept.day === day;
  const response = await request("GET", "model-inventory-export", {
    query: { format: "json", as_of: endOf(day) },
    ifNoneMatch: same ? kept.etag : null,
    signal,
  });
  if (response.status === 304) return kept;
  const { models } = await jsonOf(response);
  kept = {
    day,
    etag: response.headers.get("etag"),
    models: models.map((model) => Object.fromEntries(KEPT.map((name) => [name, model[name]]))),
    tenant: models[0]?.tenant_id ?? kept.tenant,
  };
  return kept;
}
