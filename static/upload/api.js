/* The site's API: JSON with the CSRF token; problem documents (RFC 9457) become Failures. */

import { Failure } from "./failure.js";
import { hosts, originOf } from "./hosts.js";
import { settings } from "./settings.js";

const ROOT = "/api/v1";
const PATIENCE = 60_000; // milliseconds that an answer may take
const COMPLETING = 300_000; // S3 puts up to 10,000 parts together meanwhile
const ASKED = { paths: 1000, bytes: 1_000_000 }; // in one call; the server takes little more

/* person: the page's, so that a later sign-in of somebody else never gets its uploads. */
export function configure({ person, storage, workerUrl }) {
  if (person) settings.person = String(person);
  if (storage) settings.storage = [...new Set(storage.split(" ").map(originOf))];
  if (workerUrl) settings.workerUrl = new URL(workerUrl, document.baseURI).href;
}

export const startUpload = (body, signal) => call("POST", "/uploads", { body: spread(body), signal });
export const completeUpload = (id, signal) =>
  call("POST", `/uploads/${id}/complete`, { body: {}, signal, patience: COMPLETING });
/* keepalive: it is also sent while the page is being left. */
export const abortUpload = (id) => call("DELETE", `/uploads/${id}`, { keepalive: true });

/* fresh: none of these parts was sent before, so that S3 need not be asked which it holds. */
export function nextParts(id, from, hashes, signal, fresh = false) {
  const query = new URLSearchParams([["from", from], ...hashes.map((hash) => ["sha256", hash])]);
  if (fresh) query.set("fresh", "true");
  if (hosts.spread) query.set("spread", "true");
  return call("GET", `/uploads/${id}/parts?${query}`, { signal });
}

const spread = (body) => (hosts.spread ? { ...body, spread: true } : body);

/* A result for each, in order: what the single call answers with, or the Failure that it would be. */
export async function startUploads(bodies) {
  const { results } = await call("POST", "/uploads/batch", { body: { uploads: bodies.map(spread) } });
  return results.map(({ upload, status, problem }) => upload ?? refusal(status, problem));
}

export async function completeUploads(ids) {
  const { results } = await call("POST", "/uploads/batch/complete", { body: { ids } });
  return results.map(({ file, status, problem }) => file ?? refusal(status, problem));
}

/* The person's unfinished uploads of several parts, newest first. */
export const openUploads = async (signal) => (await call("GET", "/uploads", { signal })).items;
export const openUpload = (id, signal) => call("GET", `/uploads/${id}`, { signal });

/* [{path, id, size, sha256, part_size}] of those paths that have a file already. */
export async function knownFiles(paths, signal) {
  const found = [];
  for (const some of handfuls(paths)) {
    found.push(...(await call("POST", "/files/known", { body: { paths: some }, signal })).items);
  }
  return found;
}

function* handfuls(paths) {
  const encoder = new TextEncoder();
  let some = [];
  let bytes = 0;
  for (const path of paths) {
    const more = encoder.encode(JSON.stringify(path)).length + 1;
    if (some.length === ASKED.paths || (some.length && bytes + more > ASKED.bytes)) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(path);
    bytes += more;
  }
  if (some.length) yield some;
}

async function call(method, path, { body, signal, keepalive = false, patience = PATIENCE }) {
  const limit = AbortSignal.timeout(patience);
  const asked = performance.now();
  try {
    const response = await fetch(ROOT + path, {
      method,
      headers: headersFor(method, body),
      keepalive,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      body: body && JSON.stringify(body),
      credentials: "same-origin",
    });
    if (!response.ok) throw await failure(response);
    return response.status === 204 ? null : lasting(await response.json(), response, asked);
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    // No connection, no answer in time, or not the site's: a proxy's page, perhaps.
    throw new Failure("This site cannot be reached. Check your connection, then retry.");
  }
}

function headersFor(method, body) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (settings.person) headers["X-Person"] = settings.person;
  return headers;
}

/* The cookie before the page: signing in again in another tab changes the one, not the other. */
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__\w+-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : (document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
}

/* Each signed part learns when it was asked for (by the page's clock, which nobody sets), and when it ends by this
   device's clock, which may be hours from the server's. */
function lasting(answer, response, signed) {
  const now = Date.now();
  const theirs = Date.parse(response.headers.get("Date")) || now;
  for (const one of [answer, ...(answer.results ?? []).map((result) => result.upload)]) {
    const expires = now + Date.parse(one?.expires_at) - theirs;
    for (const part of one?.parts ?? []) Object.assign(part, { signed, expires });
  }
  return answer;
}

async function failure(response) {
  // What is not a problem document is a proxy's page, perhaps.
  const problem = await response.json().catch(() => ({}));
  return refusal(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}

function refusal(status, problem, retryAfter = 0) {
  return new Failure(sentence(status, problem ?? {}), {
    status,
    final: ![429, 500, 502, 503, 504].includes(status),
    gone: status === 404 || status === 410,
    retryAfter,
    fields: Object.keys(problem?.errors ?? {}),
  });
}

function sentence(status, problem) {
  if (status === 401 && !/else/.test(problem.title)) return "Your sign-in has ended.";
  const parts = [problem.detail, ...Object.values(problem.errors ?? {})];
  if (status >= 500 && problem.reference) parts.push(`Reference: ${problem.reference}.`);
  const told = new Set(parts.filter((part) => typeof part === "string" && part));
  const text = [...told].join(" ");
  return text || `The server refused this (${status}).`;
}
