/* An upload that is open on the server: its parts, signed and sent until S3 has them all. */

import { nextParts } from "./api.js";
import { deliver } from "./delivery.js";
import { hosts } from "./hosts.js";
import { persist } from "./retry.js";
import { compare, signedParts } from "./windows.js";

export class Upload {
  sent = 0; // bytes that are stored or on the wire
  bytesSent = 0; // by all tries together
  #first; // the window that came with the start, until it is taken
  #furthest; // parts up to here may have been sent before
  #delivered = false;
  #moving = new Map(); // part number → bytes so far, of those on the wire
  #hooks = {};
  #stalled = false;

  /* first: the window that came with the start; null when parts may have been sent another day. */
  constructor(id, parts, first) {
    Object.assign(this, { id, parts });
    this.#first = first;
    this.#furthest = first ? (first.at(-1)?.number ?? 0) : Infinity;
  }

  /* Until S3 has taken every part; those that it has are not sent again. */
  async deliver(keep, hooks) {
    this.#hooks = hooks;
    if (this.#delivered) return;
    const first = this.#first;
    this.#first = null;
    if (this.parts.count === 1) await deliver(first?.[0] ?? (await this.sign(1, keep)), this, keep);
    else await this.#deliverAll(first, keep);
    this.#delivered = true;
  }

  /* All else is there: what is presumed remains to be compared. */
  get comparing() {
    return !this.parts.nextMissing(1) && this.parts.nextPresumed(1) > 0;
  }

  /* S3 lacks something that it seemed to have: the next time each part is asked about. */
  doubt() {
    this.#delivered = false;
    this.#furthest = Infinity;
    this.sent = 0;
    this.parts.forgetStored();
  }

  async #deliverAll(first, keep) {
    // When one part fails for good, no other is begun. What is on the wire goes on, unless it is in vain.
    const stop = new AbortController();
    const vain = new AbortController();
    const inner = {
      ...keep,
      signal: AbortSignal.any([keep.signal, stop.signal]),
      wire: AbortSignal.any([keep.signal, vain.signal]),
    };
    let workers = this.#work(first, inner);
    try {
      await Promise.all(workers);
      // What seemed to be there, and is not.
      if (this.parts.nextMissing(1)) await Promise.all((workers = this.#work(null, inner)));
    } catch (failure) {
      stop.abort(failure);
      if (failure.gone || failure.changed) vain.abort(failure);
      await Promise.allSettled(workers);
      throw failure;
    }
    // Hashes were taken at different times: all of one file, if it has not changed by the end.
    await this.parts.checkReadable();
  }

  /* What is presumed may be most of the file: it is compared while the rest is sent. */
  #work(first, keep) {
    const coming = signedParts(this, first, keep);
    const send = async () => {
      for (let next; !(next = await coming.next()).done; ) await deliver(next.value, this, keep);
    };
    return [...Array.from({ length: hosts.connections }, send), compare(this, keep)];
  }

  // --- What delivering a part asks for, and tells --------------------------------------------------

  /* Signed parts from this one on. */
  async window(from, length, keep) {
    const fresh = from > this.#furthest;
    const hashes = await this.parts.hashes(from, length, keep.signal);
    try {
      const window = await persist(() => nextParts(this.id, from, hashes, keep.signal, fresh), keep);
      this.#furthest = Math.max(this.#furthest, window.parts.at(-1)?.number ?? 0);
      return window.parts;
    } catch (failure) {
      if (failure.status === 409) failure.gone = true; // ended there, or begun with another file
      throw failure;
    }
  }

  /* A part anew, marked if S3 has it by now. */
  sign = async (number, keep) => (await this.window(number, 1, keep))[0];

  moved(number, bytes) {
    const before = this.#moving.get(number) ?? 0;
    this.#moving.set(number, bytes);
    this.sent += bytes - before;
    if (bytes > before) this.bytesSent += bytes - before;
    if (bytes > before) this.#tellStalled(false);
    this.#hooks.onProgress();
  }

  stored(number) {
    if (this.parts.isStored(number)) return;
    this.parts.setStored(number);
    this.sent += this.parts.size(number) - (this.#moving.get(number) ?? 0);
    this.#moving.delete(number);
    this.#hooks.onProgress();
  }

  stalled() {
    this.#tellStalled(true);
  }

  #tellStalled(stalled) {
    if (stalled !== this.#stalled) this.#hooks.onStalled?.(stalled);
    this.#stalled = stalled;
  }
}
