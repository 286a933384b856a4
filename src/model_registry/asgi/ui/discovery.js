// Finding models in the request log: first what would be added, then adding it.

import { backToInventory } from "./address.js";
import { jsonOf, request } from "./api.js";
import { announce, busily, el, fill } from "./dom.js";
import { noTrouble, trouble } from "./trouble.js";
import { badge, count, foreign, instant, models, nothing, TIERS, worded } from "./words.js";

const PAGE = 100;

export async function showDiscovery(node) {
  const report = el("div", { id: "report" });
  const days = el("input", {
    id: "lookback",
    name: "lookback_days",
    type: "number",
    min: 1,
    max: 365,
    value: "30",
    required: true,
  });
  const tier = el(
    "select",
    { id: "auto-tier", name: "auto_assign_tier", value: "tier_4" },
    TIERS.map((value) => el("option", { value }, worded(value))),
  );
  const button = el("button", { class: "primary" }, "Dry run");
  const asked = () => ({
    lookback_days: days.value === "" ? "" : Number(days.value),
    auto_assign_tier: tier.value,
  });
  const stale = () => fill(report);
  const form = el(
    "form",
    {
      class: "filters",
      novalidate: true,
      "aria-label": "Discovery",
      onsubmit: (event) => run(event, true),
      oninput: stale,
    },
    el("label", { for: "lookback" }, "Days to look back", days),
    el("label", { for: "auto-tier" }, "Risk tier of new models", tier),
    button,
  );
  async function run(event, dry) {
    event.preventDefault();
    await busily(event.submitter ?? event.currentTarget, async () => {
      announce("The request log is being read.");
      try {
        const body = { ...asked(), dry_run: dry };
        const found = await jsonOf(await request("POST", "models/discover", { body }));
        noTrouble();
        draw(report, found, (again) => run(again, false));
      } catch (error) {
        trouble(error);
      }
    });
  }
  fill(
    node,
    el("p", { class: "screen" }, el("a", { href: backToInventory() }, "Back to the inventory")),
    el(
      "section",
      { class: "panel", "aria-labelledby": "discovery-title" },
      el("h1", { id: "discovery-title", tabindex: "-1" }, "Discover models"),
      el(
        "p",
        {},
        "Reads the request log and finds the models that were used. A dry run tells what would " +
          "be added and changes nothing.",
      ),
      form,
    ),
    report,
  );
}

function draw(node, found, really) {
  const isNew = (model) => model.status === "created";
  const [added, known] = [
    found.models.filter(isNew),
    found.models.filter((model) => !isNew(model)),
  ];
  const would = found.dry_run ? "would be added" : added.length === 1 ? "was added" : "were added";
  const words = `${models(found.discovered)} in the log: ${count(found.created)} ${would}, ${count(found.existing)} registered before.`;
  const heading = el(
    "h2",
    { id: "report-title", tabindex: "-1" },
    found.dry_run ? "What a discovery would do" : "What was discovered",
  );
  fill(
    node,
    el(
      "section",
      { class: "panel", "aria-labelledby": "report-title" },
      heading,
      el("p", { role: "status", class: found.dry_run ? null : "good" }, words),
      found.dry_run &&
        added.length > 0 &&
        el(
          "div",
          { class: "buttons writes screen" },
          el(
            "button",
            { type: "button", class: "primary", onclick: really },
            `Add ${models(added.length)} as drafts`,
          ),
        ),
      added.length > 0 && [
        el("h3", {}, found.dry_run ? "Would be added" : "Added"),
        listed(added, true),
      ],
      known.length > 0 && [el("h3", {}, "Registered before"), listed(known, false)],
    ),
  );
  heading.focus();
}

function listed(all, isNew) {
  const names = [
    "Model",
    "Provider",
    "Risk tier",
    "Validation status",
    ...(isNew ? ["Requests", "First seen", "Last seen"] : []),
  ];
  const body = el("tbody", { role: "rowgroup" });
  const more = el("button", { type: "button", class: "screen", "data-more": true });
  let shown = 0;
  const showMore = () => {
    body.append(...all.slice(shown, shown + PAGE).map((model) => row(model, names)));
    shown += PAGE;
    more.hidden = shown >= all.length;
    more.textContent = `Show more of ${models(all.length)}`;
  };
  more.addEventListener("click", showMore);
  showMore();
  const head = el(
    "thead",
    { role: "rowgroup" },
    el(
      "tr",
      { role: "row" },
      names.map((name) =>
        el("th", { scope: "col", role: "columnheader", class: figure(name) }, name),
      ),
    ),
  );
  const caption = el(
    "caption",
    { class: "unseen" },
    isNew ? "New models, busiest first" : "Models that were registered before",
  );
  return [el("table", { class: "models", role: "table" }, caption, head, body), more];
}

function figure(name) {
  return name === "Requests" ? "figure" : null;
}

function row(model, names) {
  const time = (text) => (text ? instant(text) : nothing());
  const values = [
    foreign(model.model_id),
    foreign(model.provider),
    badge(model.risk_tier),
    badge(model.validation_status),
    model.request_count_30d === undefined ? nothing() : count(model.request_count_30d),
    time(model.first_seen_at),
    time(model.last_seen_at),
  ];
  return el(
    "tr",
    { role: "row" },
    names.map((name, at) =>
      el("td", { role: "cell", "data-name": name, class: figure(name) }, values[at]),
    ),
  );
}
