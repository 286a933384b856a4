// One model: its fields, its lifecycle, its history.

import { backToInventory, go } from "./address.js";
import { getEntry, getHistory, getLifecycle } from "./api.js";
import { confirmed } from "./confirming.js";
import { announce, busily, byId, el, fill } from "./dom.js";
import { editingPanel } from "./editing.js";
import { facts } from "./facts.js";
import { historyPanel } from "./history.js";
import { lifecyclePanel } from "./moving.js";
import { eventsUntil, rebuilt } from "./past.js";
import { profilePanel } from "./profile.js";
import { Conflict, remove } from "./saving.js";
import { trouble } from "./trouble.js";
import { badge, foreign, instant } from "./words.js";

const WHAT_DELETING_IS =
  "It leaves the inventory, and policies see the model as tier 4, as any that is not " +
  "registered. Its history stays. Deleting does not stop anybody from using the model.";

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
    fill(
      node,
      back(),
      el("h1", { tabindex: "-1" }, "Not in the inventory then"),
      el("p", {}, `This model was registered after ${place.as_of}.`),
    );
    return;
  }
  const again = async (message, kind = "good") => {
    await showEntry(node, place, signal);
    announce(message);
    fill(byId("done"), el("p", { class: kind }, message));
    node.querySelector("h1").focus();
  };
  draw(node, {
    id,
    entry: current?.entry ?? entry,
    read: current,
    events,
    deletion,
    moves,
    again,
    day: place.as_of,
    signal,
  });
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
      el(
        "p",
        { class: "badges" },
        el("code", {}, foreign(entry.model_id)),
        badge(entry.risk_tier),
        badge(entry.validation_status),
      ),
      actions,
    ),
    el("div", { id: "done", role: "status" }),
    deletion &&
      el(
        "p",
        { class: "trouble" },
        el("strong", {}, "Deleted"),
        " by ",
        foreign(deletion.actor),
        ", ",
        instant(deletion.at),
        ". What it last was is below, and its history stays.",
      ),
    el(
      "div",
      { class: "columns" },
      el(
        "div",
        {},
        el(
          "section",
          { class: "panel", id: "facts", "aria-labelledby": "facts-title" },
          facts(entry, day),
        ),
        profile,
      ),
      lifecyclePanel(shown),
    ),
    historyPanel(events),
  );
  if (deletion === null) profilePanel(profile, { id, day, readOnly: read === null, again, signal });
  if (read !== null) fill(actions, editButton(shown), deleteButton(shown));
}

function back() {
  return el(
    "p",
    { class: "screen" },
    el("a", { href: backToInventory() }, "Back to the inventory"),
  );
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
      text: WHAT_DELETING_IS,
      yes: "Delete",
    });
    if (!yes) return;
    try {
      await remove(read);
      announce(`${read.entry.display_name} was deleted.`);
      go({});
    } catch (error) {
      if (error instanceof Conflict) await again(error.seen, "note");
      else trouble(error);
    }
  };
  const button = el("button", { type: "button" }, "Delete");
  button.addEventListener("click", () => busily(button, ask));
  return button;
}
