// Editing an entry in place, and what happens when somebody else was faster.

import { el, fill } from "./dom.js";
import { changingForm } from "./modelform.js";
import { plain } from "./history.js";
import { Conflict, differences, save } from "./saving.js";
import { FIELDS, foreign } from "./words.js";

/** Put the form in the place of the fields; `done` shows the entry anew, `stop` as it was. */
export function editingPanel(panel, read, done, stop) {
  const send = async (changes) => {
    if (Object.keys(changes).length === 0) {
      stop();
      return;
    }
    await attempt(panel, read, changes, done);
  };
  fill(
    panel,
    el("h2", { id: "facts-title" }, "Edit the fields"),
    changingForm({ entry: read.entry, send, cancel: stop }),
  );
  panel.querySelector("input, select, textarea").focus();
}

async function attempt(panel, read, changes, done) {
  try {
    await save(read, changes);
    await done("Saved.");
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    showConflict(panel, read, changes, error, done);
  }
}

/** Show what was read, what is there now and what was to be written; the user decides. */
function showConflict(panel, read, changes, conflict, done) {
  const now = { entry: conflict.theirs, etag: conflict.etag };
  const names = new Set([...differences(read.entry, now.entry), ...Object.keys(changes)]);
  names.delete("updated_at");
  const rows = [...names].map((name) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, FIELDS[name]),
      el("td", {}, plain(read.entry[name])),
      el("td", {}, plain(now.entry[name])),
      el("td", {}, name in changes ? plain(changes[name]) : foreign("unchanged")),
    ),
  );
  const fault = el("div", {});
  const mine = async () => {
    try {
      await attempt(panel, now, changes, done);
    } catch (error) {
      fill(fault, el("p", { class: "trouble", role: "alert" }, error.message));
    }
  };
  const heading = el(
    "h2",
    { id: "facts-title", tabindex: "-1" },
    "Somebody else changed this model",
  );
  fill(
    panel,
    heading,
    el("p", { role: "alert" }, conflict.message),
    el(
      "table",
      { class: "changes" },
      el("caption", { class: "unseen" }, "Your changes beside those of somebody else"),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["Field", "When you opened it", "Now", "Yours"].map((name) =>
            el("th", { scope: "col" }, name),
          ),
        ),
      ),
      el("tbody", {}, rows),
    ),
    fault,
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", class: "primary", onclick: mine }, "Save mine all the same"),
      el(
        "button",
        { type: "button", onclick: () => done("This is how it stands now; yours was not saved.", "note") },
        "Drop mine",
      ),
    ),
  );
  heading.focus();
}
