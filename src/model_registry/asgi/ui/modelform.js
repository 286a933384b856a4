// The fields of a model that people fill in, to register one or to change it.

import { fieldForm } from "./form.js";
import { FIELDS, STATUSES, TIERS } from "./words.js";

const SPECS = [
  { name: "display_name", nullable: true, hint: "Empty: the model id." },
  { name: "provider", hint: "The vendor, such as openai, anthropic or self-hosted." },
  { name: "risk_tier", kind: "choice", choices: TIERS },
  { name: "validation_status", kind: "choice", choices: STATUSES },
  {
    name: "owner",
    nullable: true,
    wide: true,
    hint: "The e-mail address or team that answers for the model.",
  },
  { name: "description", kind: "text", nullable: true },
  { name: "tags", kind: "pairs", words: ["tag", "Tag name", "Tag value"] },
];

/** The form of an entry: sends what was changed. */
export function changingForm({ entry, send, cancel }) {
  const specs = SPECS.map((spec) => ({
    ...spec,
    label: FIELDS[spec.name],
    value: entry[spec.name],
  }));
  return fieldForm({ title: "Fields of the model", label: "Save", specs, send, cancel });
}

/** The form of a new model: sends what was filled in. */
export function registeringForm({ send, cancel }) {
  const first = { risk_tier: "", validation_status: "draft", tags: {} };
  const own = { risk_tier: { always: true, none: "Choose a tier" }, provider: { always: true } };
  const id = {
    name: "model_id",
    always: true,
    wide: true,
    hint: "As requests name the model, character by character.",
  };
  const specs = [id, ...SPECS].map((spec) => ({
    ...spec,
    ...own[spec.name],
    label: FIELDS[spec.name],
    value: first[spec.name],
  }));
  return fieldForm({ title: "New model", label: "Register", specs, send: explained(send), cancel });
}

/** That a model is there already is told of no field by the server; it is the model id's. */
function explained(send) {
  return async (values) => {
    try {
      await send(values);
    } catch (error) {
      if (error.code === "model_already_exists")
        error.details = [{ field: "model_id", message: error.message }];
      throw error;
    }
  };
}
