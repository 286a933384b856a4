// Editing a map of tags: a row each, added and taken away.

import { el, newId } from "./dom.js";

export function tagEditor(tags) {
  const id = newId("tags");
  const rows = [];
  const list = el("div", { class: "tag-rows" });
  const add = (key = "", text = "") => {
    const row = tagRow(key, text, () => {
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
      button.focus();
    });
    rows.push(row);
    list.append(row.node);
    return row;
  };
  const button = el("button", { type: "button", onclick: () => add().focus() }, "Add a tag");
  for (const [key, text] of Object.entries(tags)) add(key, text);
  const node = el("fieldset", { id }, el("legend", {}, "Tags"), list, button);
  const value = () => {
    const map = Object.create(null); // a tag may be called __proto__
    for (const row of rows) {
      const [key, text] = row.pair();
      if (key === "" && text === "") continue;
      if (key in map) throw Object.assign(new Error(`tags: ${key} is there twice`), { details: [{ field: "tags", message: `${key} is there twice` }] });
      map[key] = text;
    }
    return map;
  };
  const before = JSON.stringify(Object.entries(tags));
  return {
    node,
    value,
    isChanged: () => JSON.stringify(rows.map((row) => row.pair()).filter(([key, text]) => key !== "" || text !== "")) !== before,
    focus: () => (rows[0] ?? { focus: () => button.focus() }).focus(),
    invalid: (is) => node.classList.toggle("invalid", is),
  };
}

function tagRow(key, text, remove) {
  const [name, value] = [key, text].map((given, at) =>
    el("input", { type: "text", value: given, "aria-label": at === 0 ? "Tag name" : "Tag value", autocomplete: "off", spellcheck: "false", dir: "auto" }),
  );
  const [shownKey, shownText] = [name.value, value.value];
  return {
    node: el("div", { class: "tag-row" }, name, value, el("button", { type: "button", "aria-label": `Remove tag ${key}`.trim(), onclick: remove }, "Remove")),
    // What a one-line field cannot hold stays as it was, unless it was edited.
    pair: () => [name.value === shownKey ? key : name.value, value.value === shownText ? text : value.value],
    focus: () => name.focus(),
  };
}
