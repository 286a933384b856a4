// The risk profile of a model: what examiners ask beyond the contract's fields.

import { endOf } from "./address.js";
import { jsonOf, request } from "./api.js";
import { el, fill } from "./dom.js";
import { editFinding, editProfile } from "./profileform.js";
import { trouble } from "./trouble.js";
import { foreign, nothing, worded } from "./words.js";

export const PROFILE_FIELDS = {
  purpose: "Purpose",
  restrictions: "Restrictions",
  tier_rationale: "Why this tier",
  validator: "Validator",
  last_validated_on: "Last validated",
  next_validation_on: "Next validation set for",
  validation_due_on: "Validation due",
  evidence: "Evidence",
};

export async function readProfile(id, day, signal) {
  const path = `models/${encodeURIComponent(id)}/risk-profile`;
  const response = await request("GET", path, { query: { as_of: endOf(day) }, signal });
  return { profile: await jsonOf(response), etag: response.headers.get("etag") };
}

/** Fill the section, or leave it empty where there is no such thing. */
export async function profilePanel(node, { id, day, readOnly, again, signal }) {
  let read;
  try {
    read = await readProfile(id, day, signal);
  } catch (error) {
    if (error.status !== 404 && error.status !== 405) trouble(error);
    return;
  }
  const panel = el("section", { class: "panel", "aria-labelledby": "profile-title" });
  fill(node, panel);
  show(panel, read, readOnly, again);
}

function show(panel, read, readOnly, again) {
  const { profile } = read;
  const stop = () => show(panel, read, readOnly, again);
  const edit = el(
    "button",
    { type: "button", onclick: () => editProfile(panel, read, again, stop) },
    "Edit the risk profile",
  );
  const add = el(
    "button",
    { type: "button", onclick: () => editFinding(panel, read, null, again, stop) },
    "Add a finding",
  );
  fill(
    panel,
    el("h2", { id: "profile-title" }, "Risk profile"),
    profileFacts(profile),
    profile.findings.length > 0 && [
      el("h3", {}, "Findings"),
      el(
        "ul",
        { class: "findings" },
        profile.findings.map((finding) => findingItem(finding, panel, read, readOnly, again, stop)),
      ),
    ],
    !readOnly && el("div", { class: "buttons writes screen" }, edit, add),
  );
}

/** The profile's own fields, as they are read. */
export function profileFacts(profile) {
  const shown = (name) => {
    const value = profile[name];
    if (name === "evidence") return evidence(value);
    if (value === null) return nothing();
    if (name === "validation_due_on") return due(value);
    return foreign(value, { class: "long" });
  };
  const rows = Object.entries(PROFILE_FIELDS).map(([name, label]) => [
    el("dt", {}, label),
    el("dd", { "data-field": name }, shown(name)),
  ]);
  return el("dl", { class: "facts" }, rows);
}

function due(day) {
  const late = day < new Date().toISOString().slice(0, 10);
  return [day, late && [" ", el("span", { class: "note" }, "overdue")]];
}

function evidence(links) {
  const pairs = Object.entries(links);
  if (pairs.length === 0) return nothing();
  return el(
    "ul",
    { class: "pairs" },
    pairs.map(([label, where]) => el("li", {}, foreign(label), ": ", linked(where))),
  );
}

// Only what leads to a web page is a link: whoever wrote it may have meant harm.
function linked(where) {
  if (!/^https?:\/\//i.test(where)) return foreign(where);
  return el("a", { href: where, rel: "noopener noreferrer", target: "_blank" }, foreign(where));
}

function findingItem(finding, panel, read, readOnly, again, stop) {
  const dates = [
    `opened ${finding.opened_on}`,
    finding.due_on && `due ${finding.due_on}`,
    finding.closed_on && `closed ${finding.closed_on}`,
  ];
  const label = `Edit finding ${finding.title}`;
  return el(
    "li",
    { class: `finding is-${finding.status}` },
    el(
      "p",
      {},
      el("strong", {}, worded(finding.status), ", ", finding.severity),
      " ",
      foreign(finding.title),
    ),
    el(
      "p",
      { class: "quiet" },
      dates.filter(Boolean).join(" · "),
      finding.owner && [" · ", foreign(finding.owner)],
    ),
    !readOnly &&
      el(
        "button",
        {
          type: "button",
          class: "screen writes",
          "aria-label": label,
          onclick: () => editFinding(panel, read, finding, again, stop),
        },
        "Edit",
      ),
  );
}
