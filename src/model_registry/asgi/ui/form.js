// A form of fields. What a field may hold the server decides; what it refuses stands beside
// the field, in its own words.

import { busily, el, fill, newId } from "./dom.js";
import { pairEditor } from "./pairs.js";
import { askForTokenAbove } from "./token.js";
import { worded } from "./words.js";

/**
 * Make a form.
 *
 * `specs` say of each field its name, its label, its `kind` (line, text, choice, date,
 * pairs), its value, and perhaps a hint, the choices, whether it is sent though unchanged
 * (`always`), and whether an empty one is null (`nullable`). `send` takes the values and
 * may throw what the server refuses; `under` is what stands before a field's name there.
 */
export function fieldForm({ title, label, specs, send, cancel, under = "" }) {
  const fields = specs.map(field);
  const fault = el("div", {});
  const button = el("button", { class: "primary" }, label);
  const form = el(
    "form",
    { class: "fields", novalidate: true, "aria-label": title },
    fault,
    fields.map((one) => one.node),
    el(
      "div",
      { class: "buttons wide" },
      button,
      el("button", { type: "button", onclick: cancel }, "Cancel"),
    ),
  );
  const sent = async () => {
    fill(fault);
    for (const one of fields) one.explain([]);
    try {
      await send(valuesOf(fields));
    } catch (error) {
      if (error.name === "AbortError") return;
      explain(error, fields, fault, under);
      if (error.isLocked) askForTokenAbove(error);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busily(button, sent);
  });
  return form;
}

function valuesOf(fields) {
  const values = {};
  for (const { spec, value, isChanged } of fields) {
    if (!spec.always && !isChanged()) continue;
    const given = value();
    values[spec.name] = given === "" && spec.nullable ? null : given;
  }
  return values;
}

function field(spec) {
  const id = newId(spec.name);
  const explained = el("p", { class: "fault", id: `${id}-fault` });
  const hint = spec.hint ? el("p", { class: "hint", id: `${id}-hint` }, spec.hint) : null;
  const described = [hint && `${id}-hint`, `${id}-fault`].filter(Boolean).join(" ");
  const isPairs = spec.kind === "pairs";
  const made = isPairs ? pairEditor(spec) : control(spec, id, described);
  const parts = isPairs
    ? [made.node, hint, explained]
    : [el("label", { for: id }, spec.label), made.node, hint, explained];
  const wide = isPairs || spec.kind === "text" || spec.wide ? " wide" : "";
  return {
    spec,
    value: made.value,
    isChanged: made.isChanged,
    focus: made.focus,
    node: el("div", { class: `field${wide}` }, parts),
    explain: (messages) => {
      explained.textContent = messages.join(" ");
      made.invalid(messages.length > 0);
    },
  };
}

function control(spec, id, described) {
  const common = { id, name: spec.name, "aria-describedby": described, value: spec.value ?? "" };
  const node = drawn(spec, common);
  // A control changes what it cannot hold, such as a line's end; that is no change of the user's.
  const initial = node.value;
  return {
    node,
    value: () => node.value,
    isChanged: () => node.value !== initial,
    focus: () => node.focus(),
    invalid: (is) =>
      is ? node.setAttribute("aria-invalid", "true") : node.removeAttribute("aria-invalid"),
  };
}

function drawn({ kind, choices, none }, common) {
  if (kind === "choice") {
    const options = choices.map((value) => el("option", { value }, worded(value)));
    return el("select", common, none && el("option", { value: "" }, none), options);
  }
  if (kind === "text") return el("textarea", { ...common, rows: 4, dir: "auto" });
  if (kind === "date") return el("input", { ...common, type: "date" });
  return el("input", {
    ...common,
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
  });
}

function explain(error, fields, fault, under) {
  const rest = [];
  const found = new Map();
  for (const detail of error.details ?? []) {
    const path = detail.field.startsWith(under) ? detail.field.slice(under.length) : detail.field;
    const one = fields.find(({ spec }) => path === spec.name || path.startsWith(`${spec.name}.`));
    if (one === undefined) {
      rest.push(`${detail.field}: ${detail.message}`);
      continue;
    }
    const words = detail.current === undefined ? detail.message : error.message; // a refused move, whole
    const inside = path === one.spec.name ? words : `${path}: ${words}`;
    found.set(one, [...(found.get(one) ?? []), inside]);
  }
  for (const [one, messages] of found) one.explain(messages);
  if (found.size === 0 && rest.length === 0) rest.push(error.message);
  const told = rest.join(" ") || "Beside each field is what the registry says.";
  fill(
    fault,
    el(
      "div",
      { class: "trouble", role: "alert" },
      el("p", {}, el("strong", {}, "Nothing was saved. "), told),
    ),
  );
  const [first] = found.keys();
  if (first) first.focus();
}
