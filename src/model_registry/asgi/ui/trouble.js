// What went wrong, at the top of the page, in the server's words.

import { byId, el, fill } from "./dom.js";

let whenLocked = () => {};

/** Say what is to be done where the registry wants other credentials. */
export function onLocked(callback) {
  whenLocked = callback;
}

export function trouble(error) {
  if (error.name === "AbortError") return;
  if (error.isLocked) {
    whenLocked(error);
    return;
  }
  const details = (error.details ?? []).map((fault) => el("li", {}, `${fault.field}: ${fault.message}`));
  fill(
    byId("trouble"),
    el(
      "div",
      { class: "trouble", role: "alert" },
      el("p", {}, error.status === undefined ? `The page failed: ${error.message}` : error.message),
      details.length > 1 && el("ul", {}, details),
      el("button", { type: "button", onclick: () => window.dispatchEvent(new HashChangeEvent("hashchange")) }, "Try again"),
    ),
  );
}

export function noTrouble() {
  fill(byId("trouble"));
}
