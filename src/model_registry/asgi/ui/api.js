// Requests to the registry's own HTTP API, and what it says when it refuses.

const meta = document.querySelector('meta[name="api"]').content.replace(/\/$/, "");
const base = new URL(`${meta}/`, document.baseURI);

let token = null;

/** Keep a token for as long as this page is open; it is stored nowhere. */
export function useToken(given) {
  token = given || null;
}

export function hasToken() {
  return token !== null;
}

/** What the registry, or what stands before it, answered instead of doing what was asked. */
export class Refusal extends Error {
  constructor(status, error = {}) {
    super(error.message ?? "The registry gave no reason.");
    this.status = status;
    this.code = error.code ?? "";
    this.details = Array.isArray(error.details) ? error.details : [];
  }

  get isLocked() {
    return this.status === 401 || this.status === 403;
  }
}

function urlOf(path, query) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

/**
 * Send one request and return its response; 304 counts as an answer.
 *
 * Throws a Refusal for every other status that is no success, for silence, and for
 * pages of a host that are no answer of the API.
 */
export async function request(method, path, { query, body, ifMatch, ifNoneMatch, signal } = {}) {
  const headers = { Accept: "application/json, text/csv" };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  // A proxy that compresses marks a tag as weak, and a weak one never matches.
  if (ifMatch) headers["If-Match"] = ifMatch.replace(/^W\//, "");
  if (ifNoneMatch) headers["If-None-Match"] = ifNoneMatch;
  let response;
  try {
    response = await fetch(urlOf(path, query), {
      method,
      headers,
      signal,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { message: "The registry could not be reached. Is the network there?" });
  }
  if (response.ok || response.status === 304) return response;
  throw new Refusal(response.status, await errorOf(response));
}

async function errorOf(response) {
  try {
    return (await response.json()).error ?? {};
  } catch {
    return { message: `The server answered with status ${response.status}.` };
  }
}

/** Read a response's JSON. A host's sign-in page is not JSON, and is taken for what it is. */
export async function jsonOf(response) {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/json")) {
    throw new Refusal(401, {
      message: "The server answered with a page, not with data: sign in first.",
    });
  }
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { message: "The answer broke off before its end. Try again." });
  }
}

export async function get(path, options) {
  return jsonOf(await request("GET", path, options));
}

/** Read one entry with the ETag that a change of it is bound to. */
export async function getEntry(id, signal) {
  const response = await request("GET", `models/${encodeURIComponent(id)}`, { signal });
  return { entry: await jsonOf(response), etag: response.headers.get("etag") };
}

/** Read all events of an entry, oldest first, also of one that is deleted. */
export async function getHistory(id, signal) {
  const events = [];
  for (;;) {
    const query = { limit: 200, offset: events.length };
    const page = await get(`models/${encodeURIComponent(id)}/history`, { query, signal });
    events.push(...page.events);
    if (page.events.length === 0 || events.length >= page.total) return events;
  }
}

let lifecycle;

/** Which status may follow which here; null where the host does not tell. */
export async function getLifecycle() {
  if (lifecycle !== undefined) return lifecycle;
  try {
    const response = await fetch(new URL("lifecycle.json", document.baseURI), {
      credentials: "same-origin",
    });
    lifecycle = response.ok ? await jsonOf(response) : null;
  } catch {
    return null;
  }
  return lifecycle;
}
