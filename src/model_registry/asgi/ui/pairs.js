// Editing a map of texts, such as tags: a row each, added and taken away.

import { el } from "./dom.js";

/**
 * Make the editor of `spec.value`; `spec.words` are what one pair, its key and its text
 * are called, such as ["tag", "Tag name", "Tag value"].
 */
export function pairEditor({ name, label, value: given, words }) {
  const rows = [];
  const list = el("div", { class: "pair-rows" });
  const add = (key = "", text = "") => {
    const row = pairRow(key, text, words, () => {
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
      button.focus();
    });
    rows.push(row);
    list.append(row.node);
    return row;
  };
  const button = el(
    "button",
    { type: "button", onclick: () => add().focus() },
    `Add a ${words[0]}`,
  );
  for (const [key, text] of Object.entries(given)) add(key, text);
  const node = el("fieldset", {}, el("legend", {}, label), list, button);
  const filled = () =>
    rows.map((row) => row.pair()).filter(([key, text]) => key !== "" || text !== "");
  const before = JSON.stringify(Object.entries(given));
  return {
    node,
    value: () => mapOf(filled(), name),
    isChanged: () => JSON.stringify(filled()) !== before,
    focus: () => (rows.length > 0 ? rows[0].focus() : button.focus()),
    invalid: (is) => node.classList.toggle("invalid", is),
  };
}

function mapOf(pairs, name) {
  const map = Object.create(null); // a tag may be called __proto__
  for (const [key, text] of pairs) {
    if (key in map) {
      const details = [{ field: name, message: `${key} is there twice.` }];
      throw Object.assign(new Error("A name is there twice."), { details });
    }
    map[key] = text;
  }
  return map;
}

function pairRow(key, text, words, remove) {
  const input = (value, label) =>
    el("input", {
      type: "text",
      value,
      "aria-label": label,
      autocomplete: "off",
      spellcheck: "false",
      dir: "auto",
    });
  const [name, value] = [input(key, words[1]), input(text, words[2])];
  const [shownKey, shownText] = [name.value, value.value];
  const button = el(
    "button",
    { type: "button", "aria-label": `Remove ${words[0]} ${key}`.trim(), onclick: remove },
    "Remove",
  );
  return {
    node: el("div", { class: "pair-row" }, name, value, button),
    // What a one-line field cannot hold stays as it was, unless it was edited.
    pair: () => [
      name.value === shownKey ? key : name.value,
      value.value === shownText ? text : value.value,
    ],
    focus: () => name.focus(),
  };
}
