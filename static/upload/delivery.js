/* One part, sent until S3 has it: again after what passes, with another address when S3 wants no more of
   the old one, and not again when only the answer was lost. */

import { lanes, SMALL } from "./lanes.js";
import { put } from "./put.js";
import { persist } from "./retry.js";

const MARGIN = 30_000; // milliseconds for which an address has to hold when it is used
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

async function send({ number, url, headers }, lane, upload, keep) {
  const onProgress = (bytes) => {
    lane.moved(bytes);
    upload.moved(number, bytes);
  };
  try {
    const blob = upload.parts.blob(number);
    await put({ url, headers }, blob, onProgress, keep.wire ?? keep.signal, lanes.patience);
    lane.succeeded();
  } catch (failure) {
    lane.failed(failure);
    if (failure.stalled) upload.stalled();
    throw failure;
  } finally {
    lane.release();
  }
}

/* A lane, and the part with an address that holds by then; no lane if S3 turns out to have the part. */
async function laneFor(part, upload, keep) {
  const small = upload.parts.size(part.number) <= SMALL;
  const lane = await lanes.take(keep.signal, small);
  if (part.expires - Date.now() > MARGIN) return { lane, part };
  lane.release();
  const renewed = await upload.sign(part.number, keep);
  return { lane: renewed.stored ? null : await lanes.take(keep.signal, small), part: renewed };
}

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
  if (last.status === 400) await parts.check(number, keep.signal);
  // 403: the address is over, or the credentials that signed it.
  return last.status === 400 || last.status === 403 ? upload.sign(number, keep) : part;
}
