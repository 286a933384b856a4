// Registering a model by hand.

import { backToInventory, go } from "./address.js";
import { jsonOf, request } from "./api.js";
import { announce, el, fill } from "./dom.js";
import { registeringForm } from "./modelform.js";

export async function showRegistering(node) {
  const send = async (values) => {
    const entry = await jsonOf(await request("POST", "models", { body: values }));
    announce(`${entry.display_name} was registered.`);
    go({ entry: entry.id });
  };
  fill(
    node,
    el("p", { class: "screen" }, el("a", { href: backToInventory() }, "Back to the inventory")),
    el(
      "section",
      { class: "panel", "aria-labelledby": "registering-title" },
      el("h1", { id: "registering-title", tabindex: "-1" }, "Register a model"),
      registeringForm({ send, cancel: () => go({}) }),
    ),
  );
}
