// The form of a model's fields, to register one or to change it. What a field may hold the
// server decides; what it refuses stands beside the field, in its own words.

import { el, fill, newId } from "./dom.js";
import { tagEditor } from "./tags.js";
import { FIELDS, STATUSES, TIERS, worded } from "./words.js";

const HINTS = {
  model_id: "As requests name the model, character by character.",
  provider: "The vendor, such as openai, anthropic or self-hosted.",
  display_name: "Empty: the model id.",
  owner: "The e-mail address or team that answers for the model.",
};
const CHOICES = { risk_tier: TIERS, validation_status: STATUSES };
const NULLABLE = ["display_name", "owner", "description"];
const EDITED = ["display_name", "provider", "risk_tier", "validation_status", "owner", "description", "tags"];

/**
 * Make the form. `entry` is what is changed, or null for a new model; `send` takes the
 * values and may throw a Refusal, which is then explained here.
 */
export function modelForm({ entry, title, label, send, cancel }) {
  const names = entry ? EDITED : ["model_id", ...EDITED];
  const fields = names.map((name) => field(name, entry));
  const fault = el("div", {});
  const button = el("button", { class: "primary" }, label);
  const form = el(
    "form",
    { class: "fields", novalidate: true, "aria-label": title },
    fault,
    fields.map((one) => one.node),
    el("div", { class: "buttons wide" }, button, el("button", { type: "button", onclick: cancel }, "Cancel")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(fault);
    for (const one of fields) one.explain([]);
    button.disabled = true;
    try {
      await send(valuesOf(fields, entry));
    } catch (error) {
      if (error.name === "AbortError") return;
      explain(error, fields, fault);
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

/** Of an entry only what was changed; of a new model what was filled in. */
function valuesOf(fields, entry) {
  const values = {};
  for (const { name, value, isChanged } of fields) {
    if (entry ? !isChanged() : name !== "model_id" && !isChanged() && !(name in CHOICES)) continue;
    const given = value();
    values[name] = given === "" && NULLABLE.includes(name) ? null : given;
  }
  return values;
}

function field(name, entry) {
  const id = newId(name);
  const explained = el("p", { class: "fault", id: `${id}-fault` });
  const hint = HINTS[name] ? el("p", { class: "hint", id: `${id}-hint` }, HINTS[name]) : null;
  const described = [hint && `${id}-hint`, `${id}-fault`].filter(Boolean).join(" ");
  const made = name === "tags" ? tagEditor(entry?.tags ?? {}) : control(name, id, described, entry);
  const parts = name === "tags" ? [made.node, explained] : [el("label", { for: id }, FIELDS[name]), made.node, hint, explained];
  const wide = name === "tags" || name === "description" ? " wide" : "";
  return {
    name,
    value: made.value,
    isChanged: made.isChanged,
    node: el("div", { class: `field${wide}` }, parts),
    focus: () => made.focus(),
    explain: (messages) => {
      explained.textContent = messages.join(" ");
      made.invalid(messages.length > 0);
    },
  };
}

function control(name, id, described, entry) {
  const common = { id, name, "aria-describedby": described };
  let node;
  if (name in CHOICES) {
    const options = CHOICES[name].map((value) => el("option", { value }, worded(value)));
    if (!entry && name === "risk_tier") options.unshift(el("option", { value: "" }, "Choose a tier"));
    node = el("select", { ...common, value: entry?.[name] ?? (name === "risk_tier" ? "" : "draft") }, options);
  } else if (name === "description") {
    node = el("textarea", { ...common, rows: 5, dir: "auto", value: entry?.[name] ?? "" });
  } else {
    node = el("input", { ...common, type: "text", autocomplete: "off", spellcheck: "false", dir: "auto", value: entry?.[name] ?? "" });
  }
  // A control changes what it cannot hold, such as a line's end; that is no change of the user's.
  const initial = node.value;
  return {
    node,
    value: () => node.value,
    isChanged: () => node.value !== initial,
    focus: () => node.focus(),
    invalid: (is) => (is ? node.setAttribute("aria-invalid", "true") : node.removeAttribute("aria-invalid")),
  };
}

function explain(error, fields, fault) {
  const rest = [];
  const found = new Map();
  const details = error.code === "model_already_exists" ? [{ field: "model_id", message: error.message }] : (error.details ?? []);
  for (const detail of details) {
    const owner = fields.find((one) => detail.field === one.name || detail.field.startsWith(`${one.name}.`));
    const words = sentence(detail, error);
    if (owner) found.set(owner, [...(found.get(owner) ?? []), owner.name === "tags" ? `${detail.field}: ${words}` : words]);
    else rest.push(`${detail.field}: ${words}`);
  }
  for (const [owner, messages] of found) owner.explain(messages);
  if (details.length === 0) rest.push(error.message);
  fill(fault, el("div", { class: "trouble", role: "alert" }, el("p", {}, el("strong", {}, "Nothing was saved. "), rest.join(" ") || "The server explains beside each field.")));
  const [first] = found.keys();
  if (first) first.focus();
}

function sentence(detail, error) {
  if (detail.field === "validation_status" && error.details.length === 1 && error.status === 422) return error.message;
  return detail.message;
}
