// Changing a risk profile: its own fields, or one finding at a time.

import { jsonOf, request } from "./api.js";
import { el, fill } from "./dom.js";
import { fieldForm } from "./form.js";
import { PROFILE_FIELDS, profileFacts, readProfile } from "./profile.js";

const SPECS = [
  { name: "purpose", kind: "text" },
  { name: "restrictions", kind: "text" },
  { name: "tier_rationale", kind: "text" },
  { name: "validator", wide: true },
  { name: "last_validated_on", kind: "date" },
  {
    name: "next_validation_on",
    kind: "date",
    hint: "Empty: follows from the last one and the tier.",
  },
  { name: "evidence", kind: "pairs", words: ["link", "Label", "Link"] },
];

const OF_FINDING = [
  { name: "title", label: "Finding", wide: true, always: true },
  {
    name: "severity",
    label: "Severity",
    kind: "choice",
    choices: ["high", "medium", "low"],
    always: true,
  },
  { name: "status", label: "Status", kind: "choice", choices: ["open", "closed"] },
  { name: "opened_on", label: "Opened on", kind: "date" },
  { name: "due_on", label: "Due on", kind: "date", nullable: true },
  { name: "closed_on", label: "Closed on", kind: "date", nullable: true },
  { name: "owner", label: "Owner", nullable: true },
];

const CHANGED_MEANWHILE =
  "Somebody else changed this profile after you opened it. How it stands now is below; " +
  "save again to put your changes on top.";

/** Put the form of the profile's own fields in the panel. */
export function editProfile(panel, read, again, stop) {
  const specs = SPECS.map((spec) => ({
    ...spec,
    nullable: true,
    label: PROFILE_FIELDS[spec.name],
    value: read.profile[spec.name],
  }));
  edit(panel, read, {
    title: "Edit the risk profile",
    specs,
    stop,
    again,
    changesOf: (values) => values,
  });
}

/** Put the form of a finding in the panel; `finding` is null for a new one. */
export function editFinding(panel, read, finding, again, stop) {
  const first = { severity: "medium", status: "open" };
  const specs = OF_FINDING.map((spec) => ({ ...spec, value: (finding ?? first)[spec.name] }));
  const changesOf = (values) => ({
    findings: [finding === null ? values : { id: finding.id, ...values }],
  });
  edit(panel, read, {
    title: finding === null ? "Add a finding" : "Edit a finding",
    specs,
    stop,
    again,
    changesOf,
    under: "findings.0.",
  });
}

function edit(panel, read, { title, specs, stop, again, changesOf, under }) {
  const theirs = el("div", {});
  let { etag } = read;
  const send = async (values) => {
    if (Object.keys(values).length === 0) {
      stop();
      return;
    }
    const path = `models/${encodeURIComponent(read.profile.id)}/risk-profile`;
    try {
      await jsonOf(await request("PUT", path, { body: changesOf(values), ifMatch: etag }));
    } catch (error) {
      if (error.status !== 412) throw error;
      const now = await readProfile(read.profile.id);
      etag = now.etag;
      fill(theirs, el("h3", {}, "As it stands now"), profileFacts(now.profile));
      throw new Error(
        CHANGED_MEANWHILE,
      );
    }
    await again("Saved the risk profile.");
  };
  const form = fieldForm({ title, label: "Save", specs, send, cancel: stop, under });
  fill(panel, el("h2", { id: "profile-title" }, title), form, theirs);
  form.querySelector("input, select, textarea").focus();
}
