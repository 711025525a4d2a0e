/* One part, sent until S3 has it: again after what passes, with another address when S3 wants no more of
   the old one, and not again when only the answer was lost. */

import { hosts, originOf } from "./hosts.js";
import { lanes } from "./lanes.js";
import { put } from "./put.js";
import { persist } from "./retry.js";

const MARGIN = 30_000; // milliseconds for which an address has to hold when it is used
/* Credentials that had ended when this was signed had signed all that is older, whatever file it is of. */
let distrusted = -Infinity;

const UNPROVEN = 5_000; // milliseconds for the first byte to a host name that nothing has gone to yet
const CHEAP = 1024 * 1024; // bytes that are sent again sooner than somebody is asked about them

/* part: as the API describes it. upload: parts, sign(number, keep) → the part signed anew,
   moved(number, bytes so far), stalled(). keep: signal, onOffline; what is on the wire already goes on
   until `wire` is aborted, so that its bytes are not lost when another part fails. */
export async function deliver(part, upload, keep) {
  await persist(async (attempt, last) => {
    if (last) part = await again(part, last, upload, keep);
    if (part.stored) return;
    const taken = await laneFor(part, upload, keep);
    part = taken.part;
    if (taken.lane) await send(part, taken.lane, upload, keep);
  }, keep);
  upload.stored(part.number);
}

async function send({ number, url, headers, signed }, lane, upload, keep) {
  const wire = keep.wire ?? keep.signal;
  const blob = upload.parts.blob(number);
  const proven = hosts.proven(originOf(url));
  const began = performance.now();
  const hooks = {
    patience: () => lanes.patience,
    start: proven ? undefined : UNPROVEN,
    onProgress: (bytes) => {
      if (bytes) hosts.reached(url);
      lane.moved(bytes);
      upload.moved(number, bytes);
    },
    onSent: () => lane.sent(),
  };
  try {
    await put({ url, headers }, blob, hooks, wire);
    lane.succeeded();
    if (blob.size > CHEAP) hosts.stored(url, (performance.now() - began) / blob.size);
  } catch (failure) {
    if (!wire.aborted) hosts.failed(url, failure);
    if (proven) lane.failed(failure);
    if (proven && failure.stalled) upload.stalled();
    if (failure.expired) distrusted = Math.max(distrusted, signed);
    throw failure;
  } finally {
    lane.release();
  }
}

/* A lane, and the part with an address that holds by then; no lane if S3 turns out to have the part. */
async function laneFor(part, upload, keep) {
  const size = upload.parts.size(part.number);
  for (let waited = false; ; waited = true) {
    if (!holds(part)) part = await upload.sign(part.number, keep);
    if (part.stored) return { lane: null, part };
    const lane = await lanes.take(keep.signal, size, originOf(part.url));
    if (waited || holds(part)) return { lane, part };
    lane.release();
  }
}

/* Whether S3 may be expected to take the address by the time it gets there. */
const holds = ({ url, signed, expires }) =>
  expires - Date.now() > MARGIN && signed > distrusted && hosts.usable(url);

/* The part to try next. The file may be why the last try failed: then no other will do better. */
async function again(part, last, upload, keep) {
  const { number } = part;
  const { parts } = upload;
  // No answer: it may be the answer alone that was lost.
  if (last.status === 0) {
    await parts.checkReadable(number);
    return parts.size(number) > CHEAP ? upload.sign(number, keep) : part;
  }
  // 400: these are not the bytes that were hashed, among other reasons.
  if (last.status === 400 && !last.expired) await parts.check(number, keep.signal);
  // 403: the address is over, among other reasons.
  return last.status === 400 || last.status === 403 ? upload.sign(number, keep) : part;
}
