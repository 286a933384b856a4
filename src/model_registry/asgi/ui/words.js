// How the contract's values are written for people.

import { el, svg } from "./dom.js";

export const TIERS = ["tier_1", "tier_2", "tier_3", "tier_4"];

export const STATUSES = [
  "draft",
  "pending_validation",
  "in_validation",
  "needs_remediation",
  "validated",
  "deprecated",
];

export const FIELDS = {
  id: "Entry",
  tenant_id: "Tenant",
  model_id: "Model id",
  provider: "Provider",
  display_name: "Display name",
  risk_tier: "Risk tier",
  validation_status: "Validation status",
  owner: "Owner",
  description: "Description",
  tags: "Tags",
  last_seen_at: "Last seen",
  created_at: "Registered",
  updated_at: "Updated",
};

/** `pending_validation` as `Pending validation`; what is unknown is shown as it is. */
export function worded(value) {
  const text = String(value).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function fieldName(name) {
  return FIELDS[name] ?? worded(name).replaceAll(".", " · ");
}

/** A tier or a status: its mark beside its name, so that colour is never alone. */
export function badge(value) {
  const kind = TIERS.includes(value) ? "tier" : "status";
  return el("span", { class: `badge ${kind} is-${value}` }, mark(value), worded(value));
}

export function mark(value) {
  return svg(
    "svg",
    { class: "mark", "aria-hidden": "true" },
    svg("use", { href: `#mark-${value}` }),
  );
}

const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

/** Anybody's text, which may run right to left, and may hold what is not seen. */
export function foreign(text, attributes = {}) {
  const shown = el("bdi", attributes, text);
  if (!INVISIBLE.test(text)) return shown;
  return [shown, " ", el("span", { class: "note" }, "(holds invisible characters)")];
}

export function count(number) {
  return number.toLocaleString("en-US");
}

export function models(number) {
  return `${count(number)} ${number === 1 ? "model" : "models"}`;
}

/** An instant as `2026-03-12 23:00 UTC`: in one zone, and in one order, for everybody. */
export function instant(text, { seconds = false } = {}) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  const written = at.toISOString();
  const shown = `${written.slice(0, 10)} ${written.slice(11, seconds ? 19 : 16)} UTC`;
  return el("time", { datetime: text, title: text }, shown);
}

export function day(text) {
  return el("time", { datetime: text, title: text }, text.slice(0, 10));
}

export function nothing(text = "none") {
  return el("span", { class: "quiet" }, text);
}
