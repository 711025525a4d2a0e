/* The site's API: JSON with the CSRF token; problem documents (RFC 9457) become Failures. */

import { Failure } from "./failure.js";

const ROOT = "/api/v1";

export const startUpload = (body, signal) => call("POST", "/uploads", { body, signal });
export const completeUpload = (id, signal) =>
  call("POST", `/uploads/${id}/complete`, { body: {}, signal });
/* keepalive: it is also sent while the page is being left. */
export const abortUpload = (id) => call("DELETE", `/uploads/${id}`, { keepalive: true });

export function nextParts(id, from, hashes, signal) {
  const query = new URLSearchParams([["from", from], ...hashes.map((hash) => ["sha256", hash])]);
  return call("GET", `/uploads/${id}/parts?${query}`, { signal });
}

async function call(method, path, { body, signal, keepalive = false }) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers,
      keepalive,
      signal,
      body: body && JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("This site cannot be reached. Check your connection, then retry.");
  }
  if (!response.ok) throw await failure(response);
  return response.status === 204 ? null : response.json();
}

/* The cookie before the page: signing in again in another tab changes the one, not the other. */
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__\w+-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
}

async function failure(response) {
  const { status } = response;
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // Not a problem document: a proxy's page, perhaps.
  }
  return new Failure(sentence(status, problem), {
    status,
    final: ![429, 500, 502, 503, 504].includes(status),
    gone: status === 404 || status === 410,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}

function sentence(status, problem) {
  if (status === 401) return "Your sign-in has ended.";
  const parts = [problem.detail, ...Object.values(problem.errors ?? {})];
  if (status >= 500 && problem.reference) parts.push(`Reference: ${problem.reference}.`);
  const told = new Set(parts.filter((part) => typeof part === "string" && part));
  const text = [...told].join(" ");
  return text || `The server refused this (${status}).`;
}
