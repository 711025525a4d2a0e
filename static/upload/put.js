/* One PUT to a presigned address. XMLHttpRequest, because fetch tells nothing of an upload's progress. */

import { Failure } from "./failure.js";

const QUIET = 30_000; // milliseconds without a byte: this connection is dead
export const ANSWER = 60_000; // after the last byte: what is in buffers on the way has to arrive first
const WATCH = 1000;

/* Resolves once S3 has stored the blob; rejects with a Failure, or with the signal's reason.
   onProgress(bytes sent so far): back to 0 when they were sent in vain. onSent(): the last byte has left this
   program (Firefox says so with the answer). patience(): milliseconds that the answer may take from then on;
   start: that the first byte may. */
export async function put({ url, headers }, blob, hooks, signal) {
  signal.throwIfAborted();
  const { onProgress, onSent, patience = () => ANSWER, start = QUIET } = hooks;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const quiet = watch(start, () => request.abort());
    const abort = () => request.abort();
    const settle = (action, value) => {
      signal.removeEventListener("abort", abort);
      quiet.end();
      action(value);
    };
    const fail = (failure) => {
      onProgress(0);
      settle(reject, failure);
    };
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      quiet.put(QUIET);
      onProgress(Math.min(event.loaded, blob.size));
    };
    request.upload.onload = () => {
      quiet.put(patience());
      onSent();
    };
    request.onerror = () => fail(new Failure(UNREACHABLE));
    request.onabort = () => fail(signal.aborted ? signal.reason : new Failure(STALLED, { stalled: true }));
    request.onload = () => {
      if (stored(request.status)) settle(resolve);
      else fail(refused(request));
    };
    signal.addEventListener("abort", abort, { once: true });
    // An empty body is sent as none, so that Content-Length: 0 is what S3 sees.
    request.send(blob.size ? blob : null);
  });
}

/* 412: the address may write once, and an earlier try that looked lost has done so. */
const stored = (status) => (status >= 200 && status < 300) || status === 412;

const UNREACHABLE =
  "The storage cannot be reached, or the file can no longer be read. Check your connection, then retry.";
const STALLED = "The storage has stopped answering. Check your connection, then retry.";

function refused({ status, responseText }) {
  // The bucket lies elsewhere, and its answer is XML: the code is all that is looked for.
  const gone = status === 404 && responseText.includes("NoSuchUpload");
  const expired = responseText.includes("ExpiredToken");
  return new Failure(
    gone
      ? "This upload was ended on the server. Retry starts it again."
      : `The storage refused a piece of this file (${status}). If Retry does not help, tell whoever runs this site.`,
    { status, gone, expired, final: gone },
  );
}

/* One timer for all, however many there are. By the clock of the day: a laptop that slept has no
   connections left when it wakes. */
const watched = new Set();
let timer = null;

function watch(milliseconds, onQuiet) {
  const one = {
    onQuiet,
    put(limit) {
      one.until = Date.now() + limit;
    },
    end: () => watched.delete(one),
  };
  one.put(milliseconds);
  watched.add(one);
  timer ??= setInterval(look, WATCH);
  return one;
}

function look() {
  const now = Date.now();
  for (const one of [...watched]) if (now > one.until) one.onQuiet();
  if (watched.size) return;
  clearInterval(timer);
  timer = null;
}
