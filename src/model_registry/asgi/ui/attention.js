// The lists of models that somebody should look at.

import { here, linkTo } from "./address.js";
import { el, fill } from "./dom.js";
import { count, models } from "./words.js";

const DAYS = 90;
const DAY = 86_400_000;

/** Whether a tier 1 or tier 2 model is in use, or about to be, without being validated. */
export function isUnvalidated({ risk_tier: tier, validation_status: status }) {
  return (
    (tier === "tier_1" || tier === "tier_2") && status !== "validated" && status !== "deprecated"
  );
}

function isUnseen(model, now) {
  if (model.validation_status !== "validated") return false;
  return model.last_seen_at === null || now - Date.parse(model.last_seen_at) > DAYS * DAY;
}

// `ofTraffic`: told by what was seen in traffic, which no history keeps.
const LISTS = [
  {
    name: "unvalidated",
    title: "Tier 1 or 2, not validated",
    about: "Neither validated nor deprecated.",
    holds: isUnvalidated,
  },
  {
    name: "no_owner",
    title: "No owner",
    about: "Nobody answers for them; deprecated ones are left out.",
    holds: (model) => model.owner === null && model.validation_status !== "deprecated",
  },
  {
    name: "draft_in_use",
    title: "In use, still draft",
    about: "Seen in traffic, and nobody has asked for validation.",
    holds: (model) => model.last_seen_at !== null && model.validation_status === "draft",
    ofTraffic: true,
  },
  {
    name: "unseen",
    title: `Validated, not seen for ${DAYS} days`,
    about: "Perhaps no longer in use; those that were never seen are here too.",
    holds: isUnseen,
    ofTraffic: true,
  },
];

/** Return the list of that name, or undefined; of a past day some are not known. */
export function attentionList(name, day) {
  return LISTS.find((list) => list.name === name && !(day && list.ofTraffic));
}

export function onList(list, all) {
  const now = Date.now();
  return all.filter((model) => list.holds(model, now));
}

export function drawAttention(node, all, day) {
  const chosen = here().attention;
  fill(
    node,
    LISTS.map((list) => {
      if (day && list.ofTraffic) {
        const why = "Not known of the past: when a model was seen is no part of the history.";
        return el(
          "li",
          {},
          el(
            "div",
            { class: "card" },
            el("strong", { class: "number quiet" }, "–"),
            el("span", { class: "title" }, list.title),
            el("span", { class: "quiet" }, why),
          ),
        );
      }
      const number = onList(list, all).length;
      const attributes = {
        class: number > 0 ? "card some" : "card",
        href: linkTo({ attention: list.name }),
        "aria-label": `${models(number)}: ${list.title}`,
        "aria-current": chosen === list.name && "true",
      };
      return el(
        "li",
        {},
        el(
          "a",
          attributes,
          el("strong", { class: "number" }, count(number)),
          el("span", { class: "title" }, list.title),
          el("span", { class: "quiet" }, list.about),
        ),
      );
    }),
  );
}
