// Files of what the filters show, taken through the API's export.

import { request } from "./api.js";
import { announce, el } from "./dom.js";
import { trouble } from "./trouble.js";

const PATIENCE = 60_000; // milliseconds that the browser has to take a file over

/** Make the buttons export; `query` gives the filters when one is pressed. */
export function prepareExports(group, query) {
  for (const button of group.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      announce("The export is being made.");
      try {
        const name = await download({ ...query(), format: button.dataset.format });
        announce(`${name} was exported.`);
      } catch (error) {
        trouble(error);
      } finally {
        button.disabled = false;
      }
    });
  }
}

// A link could carry no token, so the file is fetched like everything else.
async function download(query) {
  const response = await request("GET", "model-inventory-export", { query });
  const disposition = response.headers.get("content-disposition") ?? "";
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? `model-inventory.${query.format}`;
  const url = URL.createObjectURL(await response.blob());
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), PATIENCE);
  return name;
}
