// Where an entry stands in its lifecycle, and moving it on.

import { confirmed } from "./confirming.js";
import { busily, el } from "./dom.js";
import { drawLifecycle, pathList } from "./lifecycle.js";
import { pathTaken } from "./past.js";
import { Conflict, save } from "./saving.js";
import { trouble } from "./trouble.js";
import { worded } from "./words.js";

export function lifecyclePanel(shown) {
  const { entry, events, moves, read, again } = shown;
  const path = pathTaken(events);
  const next = moves?.[entry.validation_status] ?? [];
  return el(
    "section",
    { class: "panel", "aria-labelledby": "lifecycle-title" },
    el("h2", { id: "lifecycle-title" }, "Lifecycle"),
    drawLifecycle(entry.validation_status, path, moves),
    read !== null && [
      el("h3", { class: "screen" }, "Moves allowed now"),
      moves === null &&
        el(
          "p",
          { class: "note" },
          "This host does not tell in advance: edit the status, and the registry says.",
        ),
      moves !== null &&
        next.length === 0 &&
        el("p", { class: "note" }, "None: a model that comes back is registered anew."),
      el(
        "div",
        { class: "buttons writes screen" },
        next.map((status) => moveButton(status, shown, again)),
      ),
    ],
    el("h3", {}, "Path taken"),
    pathList(path),
  );
}

function moveButton(status, { read, moves }, again) {
  const isEnd = (moves[status] ?? []).length === 0;
  const move = async () => {
    const question = {
      title: `Move to ${worded(status)}?`,
      text: "Nothing may follow it: the model could only be registered anew.",
      yes: `Move to ${worded(status)}`,
    };
    if (isEnd && !(await confirmed(question))) return;
    try {
      await save(read, { validation_status: status });
      await again(`Moved to ${worded(status)}.`);
    } catch (error) {
      if (error instanceof Conflict) await again(error.seen, "note");
      else trouble(error);
    }
  };
  const button = el("button", { type: "button" }, `Move to ${worded(status)}`);
  button.addEventListener("click", () => busily(button, move));
  return button;
}
