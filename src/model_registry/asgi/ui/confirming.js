// A question that is answered before anything is done.

import { el, newId } from "./dom.js";

/** Ask, and resolve to whether the answer was yes. Escape is no. */
export function confirmed({ title, text, yes }) {
  return new Promise((resolve) => {
    const id = newId("question");
    const dialog = el(
      "dialog",
      { "aria-labelledby": id, "aria-describedby": `${id}-text` },
      el("h2", { id }, title),
      el("p", { id: `${id}-text` }, text),
      el(
        "div",
        { class: "buttons" },
        el(
          "button",
          { type: "button", autofocus: true, onclick: () => dialog.close("no") },
          "Cancel",
        ),
        el("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, yes),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
