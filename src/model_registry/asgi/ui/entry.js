// One model: its fields, its lifecycle, its history.

import { backToInventory, go } from "./address.js";
import { getEntry, getHistory, getLifecycle } from "./api.js";
import { confirmed } from "./confirming.js";
import { editingPanel } from "./editing.js";
import { announce, byId, el, fill } from "./dom.js";
import { historyPanel } from "./history.js";
import { drawLifecycle, pathList } from "./lifecycle.js";
import { eventsUntil, pathTaken, rebuilt } from "./past.js";
import { profilePanel } from "./profile.js";
import { Conflict, remove, save } from "./saving.js";
import { trouble } from "./trouble.js";
import { badge, FIELDS, foreign, instant, nothing, worded } from "./words.js";

const LONG = 1_500; // characters of a description that are shown unasked

export async function showEntry(node, place, signal) {
  const id = place.entry;
  const [all, current, moves] = await Promise.all([
    getHistory(id, signal),
    place.as_of ? null : entryOrNull(id, signal),
    getLifecycle(),
  ]);
  const events = eventsUntil(all, place.as_of);
  const { entry, deletion } = rebuilt(events);
  if (entry === null) {
    fill(node, back(), el("h1", { tabindex: "-1" }, "Not in the inventory then"), el("p", {}, `This model was registered after ${place.as_of}.`));
    return;
  }
  const again = async (message) => {
    await showEntry(node, place, signal);
    announce(message);
    fill(byId("done"), el("p", { class: "good" }, message));
    node.querySelector("h1").focus();
  };
  draw(node, { id, entry: current?.entry ?? entry, read: current, events, deletion, moves, again, day: place.as_of, signal });
}

async function entryOrNull(id, signal) {
  try {
    return await getEntry(id, signal);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

function draw(node, shown) {
  const { id, entry, read, events, deletion, day, again, signal } = shown;
  byId("tenant").textContent = entry.tenant_id;
  const actions = el("div", { class: "buttons writes screen" });
  const profile = el("div", {});
  fill(
    node,
    back(),
    el(
      "header",
      { class: "entry-head" },
      el("h1", { tabindex: "-1" }, foreign(entry.display_name)),
      el("p", { class: "badges" }, el("code", {}, foreign(entry.model_id)), badge(entry.risk_tier), badge(entry.validation_status)),
      actions,
    ),
    el("div", { id: "done", role: "status" }),
    deletion && el("p", { class: "trouble" }, el("strong", {}, "Deleted"), " by ", foreign(deletion.actor), ", ", instant(deletion.at), ". What it last was is below, and its history stays."),
    el(
      "div",
      { class: "columns" },
      el("div", {}, el("section", { class: "panel", id: "facts", "aria-labelledby": "facts-title" }, facts(entry, day)), profile),
      lifecyclePanel(shown),
    ),
    historyPanel(events),
  );
  if (deletion === null) profilePanel(profile, { id, day, readOnly: read === null, again, signal });
  if (read !== null) fill(actions, editButton(shown), deleteButton(shown));
}

function back() {
  return el("p", { class: "screen" }, el("a", { href: backToInventory() }, "Back to the inventory"));
}

function facts(entry, day) {
  const pairs = ["provider", "owner", "description", "tags", "last_seen_at", "created_at", "updated_at", "id", "tenant_id"];
  const unseen = day ? nothing("not known of the past") : nothing("never");
  const shown = (name) => {
    const value = entry[name];
    if (name === "last_seen_at" && day) return unseen;
    if (value === null || value === undefined) return name === "last_seen_at" ? unseen : nothing();
    if (name.endsWith("_at")) return instant(value);
    if (name === "description") return longText(value);
    if (name !== "tags") return foreign(value);
    const tags = Object.entries(value);
    return tags.length === 0 ? nothing() : el("ul", { class: "tags" }, tags.map(([key, text]) => el("li", {}, foreign(key), ": ", foreign(text))));
  };
  return [
    el("h2", { id: "facts-title" }, "Fields"),
    el("dl", { class: "facts" }, pairs.map((name) => [el("dt", {}, FIELDS[name]), el("dd", { "data-field": name }, shown(name))])),
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

function lifecyclePanel(shown) {
  const { entry, events, moves, read, again } = shown;
  const path = pathTaken(events);
  const next = moves?.[entry.validation_status] ?? [];
  return el(
    "section",
    { class: "panel", "aria-labelledby": "lifecycle-title" },
    el("h2", { id: "lifecycle-title" }, "Lifecycle"),
    drawLifecycle(entry.validation_status, path, moves),
    read !== null && [
      el("h3", {}, "Moves allowed now"),
      moves === null && el("p", { class: "note" }, "This host does not tell in advance. Edit the status, and the registry says whether it may be."),
      moves !== null && next.length === 0 && el("p", { class: "note" }, "None: a model that comes back is registered anew."),
      el("div", { class: "buttons writes screen" }, next.map((status) => moveButton(status, shown, again))),
    ],
    el("h3", {}, "Path taken"),
    pathList(path),
  );
}

function moveButton(status, { read, moves }, again) {
  const isEnd = (moves[status] ?? []).length === 0;
  const move = async (event) => {
    const button = event.currentTarget;
    const question = { title: `Move to ${worded(status)}?`, text: "Nothing may follow it: the model could only be registered anew.", yes: `Move to ${worded(status)}` };
    if (isEnd && !(await confirmed(question))) return;
    button.disabled = true;
    try {
      await save(read, { validation_status: status });
      await again(`Moved to ${worded(status)}.`);
    } catch (error) {
      if (error instanceof Conflict) await again(`${error.message} This is how it stands now.`);
      else trouble(error);
    } finally {
      button.disabled = false;
    }
  };
  return el("button", { type: "button", onclick: move }, `Move to ${worded(status)}`);
}

function editButton({ read, again, day }) {
  const start = () => {
    const panel = byId("facts");
    const stop = () => {
      fill(panel, facts(read.entry, day));
      button.disabled = false;
      button.focus();
    };
    button.disabled = true;
    editingPanel(panel, read, again, stop);
  };
  const button = el("button", { type: "button", class: "primary", onclick: start }, "Edit");
  return button;
}

function deleteButton({ read, again }) {
  const ask = async () => {
    const yes = await confirmed({
      title: `Delete ${read.entry.display_name}?`,
      text: "It leaves the inventory, and policies see the model as tier 4, as any that is not registered. Its history stays. Deleting does not stop anybody from using the model.",
      yes: "Delete",
    });
    if (!yes) return;
    try {
      await remove(read);
      announce(`${read.entry.display_name} was deleted.`);
      go({});
    } catch (error) {
      if (error instanceof Conflict) await again(`${error.message} This is how it stands now.`);
      else trouble(error);
    }
  };
  return el("button", { type: "button", onclick: ask }, "Delete");
}
