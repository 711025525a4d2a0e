/* Parts in windows: those that S3 lacks, signed, and those that it seems to have, compared. */

import { Failure } from "./failure.js";
import { windowLength } from "./plan.js";

/* The missing ones in order. One window is prepared while another is sent, and no more, so that memory does not
   grow with the file. upload: parts, window(from, length, keep) → signed parts, stored(number). first: the
   window that came with the start, if there is one. */
export async function* signedParts(upload, first, keep) {
  const { parts } = upload;
  let nth = first ? 1 : 0;
  const prepare = (from) => {
    const number = from <= parts.count ? parts.nextMissing(from) : 0;
    if (!number) return null;
    const window = upload.window(number, windowLength(parts.partSize, nth++), keep);
    window.catch(() => {}); // told when it is awaited, unless another failure came first
    return window;
  };
  for (let coming = first ?? prepare(1); coming; ) {
    const window = await coming;
    const last = window.at(-1)?.number;
    if (!last) throw new Failure("The server sent no addresses for this file.", { final: true });
    coming = prepare(last + 1);
    for (const part of window) {
      if (part.stored) upload.stored(part.number);
      else if (!parts.isStored(part.number) && !parts.isPresumed(part.number)) yield part;
    }
  }
}

/* Compares each presumed one, by its hash: it is stored, or it is missing after all. */
export async function compare(upload, keep) {
  const { parts } = upload;
  for (let from = 1, nth = 0; from <= parts.count; nth += 1) {
    const number = parts.nextPresumed(from);
    if (!number) return;
    const window = await upload.window(number, windowLength(parts.partSize, nth), keep);
    for (const part of window.filter(({ number: one }) => parts.isPresumed(one))) {
      if (part.stored) upload.stored(part.number);
      else parts.setMissing(part.number);
    }
    from = (window.at(-1)?.number ?? parts.count) + 1;
  }
}
