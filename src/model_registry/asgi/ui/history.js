// An entry's history: who changed what, from what to what, and whether the record holds.

import { get } from "./api.js";
import { canCheck, checkEvents } from "./chain.js";
import { busily, el, fill } from "./dom.js";
import { trouble } from "./trouble.js";
import { count, fieldName, foreign, instant, nothing, worded } from "./words.js";

const PAGE = 20;

const WHAT_IT_SHOWS =
  "Computed in this browser, from the events as served: none of these was altered, or its " +
  "hash would not fit. It does not show that no event is missing, and not that nobody " +
  "computed every hash anew. For that the whole history is walked " +
  "(`model-registry history verify`) and held against a checkpoint that was kept elsewhere.";

/** Draw a history, newest first, and check it. */
export function historyPanel(events) {
  const list = el("ol", { class: "events", reversed: true });
  const more = el("button", { type: "button", class: "screen", "data-more": true }, "Show older changes");
  const marks = new Map();
  let shown = events.length;
  const showMore = () => {
    const from = Math.max(0, shown - PAGE);
    list.append(
      ...events
        .slice(from, shown)
        .reverse()
        .map((event) => item(event, marks)),
    );
    shown = from;
    more.hidden = shown === 0;
  };
  more.addEventListener("click", showMore);
  showMore();
  const verdict = el("div", { class: "verdict" });
  judge(verdict, events, marks, list);
  return el(
    "section",
    { class: "panel", "aria-labelledby": "history-title" },
    el("h2", { id: "history-title" }, "History"),
    verdict,
    list,
    more,
  );
}

function item(event, marks) {
  const names = Object.keys(event.changes);
  const mark = el("span", { class: "checked" });
  marks.set(event.sequence, mark);
  mark.textContent = event.verdict ?? "";
  const changes =
    names.length > 0 ? changesTable(event) : el("p", { class: "quiet" }, "No field changed.");
  const whole = event.action !== "updated" && names.length > 4;
  return el(
    "li",
    { value: event.sequence },
    el(
      "p",
      { class: "what" },
      el("strong", {}, worded(event.action)),
      " by ",
      foreign(event.actor),
      " · ",
      instant(event.at, { seconds: true }),
      " ",
      mark,
    ),
    whole ? el("details", {}, el("summary", {}, `${names.length} fields`), changes) : changes,
    el(
      "details",
      { class: "hashes" },
      el("summary", {}, `Hashes of event ${count(event.sequence)}`),
      el(
        "dl",
        {},
        el("dt", {}, "Hash"),
        el("dd", {}, event.hash),
        el("dt", {}, "Hash of the event before"),
        el("dd", {}, event.previous_hash),
      ),
    ),
  );
}

// On a phone the field's name stands above its values; the roles keep it a table.
function changesTable(event) {
  const head = ["Field", "Before", "After"].map((name) =>
    el("th", { scope: "col", role: "columnheader" }, name),
  );
  const rows = Object.entries(event.changes).map(([name, change]) =>
    el(
      "tr",
      { role: "row" },
      el("th", { scope: "row", role: "rowheader" }, foreign(fieldName(name))),
      el("td", { role: "cell" }, plain(change.from)),
      el("td", { role: "cell" }, plain(change.to)),
    ),
  );
  return el(
    "table",
    { class: "changes", role: "table" },
    el("caption", { class: "unseen" }, `What event ${event.sequence} changed`),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)),
    el("tbody", { role: "rowgroup" }, rows),
  );
}

/** A field's value of the history: text, a map of texts, or nothing. */
export function plain(value) {
  if (value === null || value === undefined) return nothing();
  if (typeof value !== "object") return value === "" ? nothing("empty") : foreign(String(value));
  const pairs = Object.entries(value);
  if (pairs.length === 0) return nothing();
  return el(
    "ul",
    { class: "pairs" },
    pairs.map(([key, text]) => el("li", {}, foreign(key), " = ", foreign(String(text)))),
  );
}

async function judge(node, events, marks, list) {
  if (!canCheck) {
    fill(
      node,
      el(
        "p",
        { class: "note" },
        "The hashes were not checked: a browser computes them on https only. " +
          "`model-registry history verify` checks the whole history.",
      ),
    );
    return;
  }
  const { broken, links } = await checkEvents(events);
  for (const event of events) {
    event.verdict = broken.has(event.sequence) ? "does not hold" : "hash holds";
    const mark = marks.get(event.sequence);
    if (mark) mark.textContent = event.verdict;
  }
  list.classList.toggle("damaged", broken.size > 0);
  const held =
    broken.size === 0
      ? el(
          "p",
          { class: "good" },
          el("strong", {}, "The chain holds here. "),
          `${count(events.length)} of ${count(events.length)} events carry the hash that their content gives${linked(links)}.`,
        )
      : el(
          "p",
          { class: "trouble", role: "alert" },
          el("strong", {}, "The chain is broken. "),
          `These events are not what was written: ${[...broken].join(", ")}.`,
        );
  const answer = el("div", { role: "status" });
  const ask = el(
    "button",
    { type: "button", class: "screen", onclick: () => busily(ask, () => showCheckpoint(answer)) },
    "State of the whole chain",
  );
  fill(
    node,
    held,
    el(
      "details",
      {},
      el("summary", {}, "What this shows, and what it does not"),
      el(
        "p",
        {},
        WHAT_IT_SHOWS,
      ),
      ask,
      answer,
    ),
  );
}

function linked(links) {
  return links === 0
    ? ""
    : `, and ${count(links)} direct ${links === 1 ? "link" : "links"} between them ${links === 1 ? "fits" : "fit"}`;
}

async function showCheckpoint(node) {
  try {
    const stated = await get("model-history-checkpoint");
    fill(
      node,
      el(
        "dl",
        { class: "hashes" },
        el("dt", {}, "Events of the whole tenant"),
        el("dd", {}, count(stated.size)),
        el("dt", {}, "Root hash (RFC 6962)"),
        el("dd", {}, stated.root),
      ),
      stated.note === null
        ? el("p", { class: "note" }, "Not signed: this registry was given no key.")
        : el(
            "pre",
            { class: "signed", tabindex: "0", "aria-label": "Signed checkpoint" },
            stated.note,
          ),
    );
  } catch (error) {
    trouble(error);
  }
}
