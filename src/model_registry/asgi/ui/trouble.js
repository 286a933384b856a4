// What went wrong, at the top of the page, in the server's words.

import { byId, el, fill } from "./dom.js";

let whenLocked = () => {};

/** Say what is to be done where the registry wants other credentials. */
export function onLocked(callback) {
  whenLocked = callback;
}

/** Show an error; `again` is what to do once more, where that makes sense. */
export function trouble(error, again = null) {
  if (error.name === "AbortError") return;
  if (error.isLocked) {
    whenLocked(error);
    return;
  }
  const details = (error.details ?? []).map((fault) =>
    el("li", {}, `${fault.field}: ${fault.message}`),
  );
  fill(
    byId("trouble"),
    el(
      "div",
      { class: "trouble", role: "alert" },
      el("p", {}, error.status === undefined ? `The page failed: ${error.message}` : error.message),
      details.length > 1 && el("ul", {}, details),
      again && el("button", { type: "button", onclick: again }, "Try again"),
    ),
  );
  byId("trouble").scrollIntoView({ block: "nearest" });
}

export function noTrouble() {
  fill(byId("trouble"));
}
