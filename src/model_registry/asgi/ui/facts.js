// The fields of an entry, as they are read.

import { el } from "./dom.js";
import { FIELDS, foreign, instant, nothing } from "./words.js";

const LONG = 1_500; // characters of a description that are shown unasked

export function facts(entry, day) {
  const pairs = [
    "provider",
    "owner",
    "description",
    "tags",
    "last_seen_at",
    "created_at",
    "updated_at",
    "id",
    "tenant_id",
  ];
  const unseen = day ? nothing("not known of the past") : nothing("never");
  const shown = (name) => {
    const value = entry[name];
    if (name === "last_seen_at" && day) return unseen;
    if (value === null || value === undefined) return name === "last_seen_at" ? unseen : nothing();
    if (name.endsWith("_at")) return instant(value);
    if (name === "description") return longText(value);
    if (name !== "tags") return foreign(value);
    const tags = Object.entries(value);
    return tags.length === 0
      ? nothing()
      : el(
          "ul",
          { class: "tags" },
          tags.map(([key, text]) => el("li", {}, foreign(key), ": ", foreign(text))),
        );
  };
  return [
    el("h2", { id: "facts-title" }, "Fields"),
    el(
      "dl",
      { class: "facts" },
      pairs.map((name) => [
        el("dt", {}, FIELDS[name]),
        el("dd", { "data-field": name }, shown(name)),
      ]),
    ),
  ];
}

function longText(text) {
  if (text.length <= LONG) return foreign(text, { class: "long" });
  const shown = el("div", { class: "long cut" }, foreign(text));
  const button = el("button", { type: "button", class: "screen" }, "Show the whole description");
  button.addEventListener("click", () => {
    shown.classList.remove("cut");
    button.remove();
  });
  return [shown, button];
}
