// Files of what the filters show, taken through the API's export.

import { Refusal, request } from "./api.js";
import { announce, busily, el } from "./dom.js";
import { trouble } from "./trouble.js";

const PATIENCE = 60_000; // milliseconds that the browser has to take a file over

/** Make the buttons export; `query` gives the filters when one is pressed. */
export function prepareExports(group, query) {
  for (const button of group.querySelectorAll("button")) {
    const exported = async () => {
      announce("The export is being made.");
      try {
        const name = await download({ ...query(), format: button.dataset.format });
        announce(`${name} was exported.`);
      } catch (error) {
        trouble(error);
      }
    };
    button.addEventListener("click", () => busily(button, exported));
  }
}

// A link could carry no token, so the file is fetched like everything else.
async function download(query) {
  const response = await request("GET", "model-inventory-export", { query });
  const disposition = response.headers.get("content-disposition") ?? "";
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? `model-inventory.${query.format}`;
  const url = URL.createObjectURL(await whole(response));
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), PATIENCE);
  return name;
}

async function whole(response) {
  try {
    return await response.blob();
  } catch {
    throw new Refusal(0, { message: "The file broke off before its end, and was not kept. Try again." });
  }
}
