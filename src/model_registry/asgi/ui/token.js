// The panel that asks for a token, and the token that a demo's link brings along.

import { hasToken, useToken } from "./api.js";
import { byId, el, fill, newId } from "./dom.js";
import { forgetWhole } from "./whole.js";

const SIGN_IN_HERE = "If you sign in to this site elsewhere, do so and reload this page.";

const SIGN_IN_BESIDE =
  "If you sign in to this site elsewhere, do so in another tab, cancel here and save again.";

const OR_PASTE =
  " Otherwise paste an access token of the role that the registry requires. It is kept in " +
  "this page's memory only: not stored, and asked for again after a reload.";

const HERE = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Take the token of a link `#token=…`, and take it out of the address.
 *
 * Only on this very machine: elsewhere such a link could sign somebody in, unseen, as
 * somebody else.
 */
export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get("token");
  if (token === null) return;
  given.delete("token");
  history.replaceState(null, "", `#${given}`);
  if (!HERE.includes(location.hostname)) return;
  useToken(token);
  forgetWhole();
}

export function prepareForgetting(again) {
  byId("forget").addEventListener("click", () => {
    useToken(null);
    forgetWhole();
    byId("tenant").textContent = "";
    again();
  });
}

export function showWhetherToken() {
  byId("forget").hidden = !hasToken();
}

/** Ask for a token in place of what could not be shown; `again` shows it. */
export function askForToken(node, refusal, again) {
  const titles = { 401: "Sign in", 403: "Not allowed" };
  const title = refusal.code === "forbidden" ? "Another role is needed" : titles[refusal.status];
  const heading = el("h1", { tabindex: "-1" }, title);
  fill(node, el("div", { class: "panel token" }, heading, tokenForm(refusal, again)));
  heading.focus();
}

/** Ask for a token above a form, so that what was filled in stays. */
export function askForTokenAbove(refusal) {
  const id = newId("sign-in");
  const dialog = el(
    "dialog",
    { "aria-labelledby": id },
    el("h2", { id }, "Sign in, then save again"),
    tokenForm(refusal, () => dialog.close(), () => dialog.close()),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function tokenForm(refusal, signedIn, cancel = null) {
  const id = newId("token");
  const input = el("textarea", {
    id,
    name: "token",
    rows: 4,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    class: "secret",
    "aria-describedby": `${id}-why`,
  });
  const submit = (event) => {
    event.preventDefault();
    useToken(input.value.trim().replace(/^Bearer\s+/i, ""));
    forgetWhole();
    showWhetherToken();
    signedIn();
  };
  return el(
    "form",
    { class: "sign-in", "aria-label": "Sign in", onsubmit: submit },
    el("p", { role: "alert" }, el("strong", {}, "The registry says: "), refusal.message),
    el("p", { id: `${id}-why` }, cancel ? SIGN_IN_BESIDE : SIGN_IN_HERE, OR_PASTE),
    el("label", { for: id }, "Access token"),
    input,
    el(
      "div",
      { class: "buttons" },
      el("button", { class: "primary" }, "Use this token"),
      cancel && el("button", { type: "button", onclick: cancel }, "Cancel"),
    ),
  );
}
