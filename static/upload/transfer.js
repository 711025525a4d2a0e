/* One file on its way to S3: hashed, signed and sent window by window, several parts at a time. */

import { abortUpload, completeUpload, nextParts, startUpload } from "./api.js";
import { Failure } from "./failure.js";
import { canHash, sha256 } from "./hashing.js";
import { put } from "./put.js";
import { persist } from "./retry.js";

const MIB = 1024 * 1024;
const SINGLE_PUT_UP_TO = 16 * MIB;
const MOST_PARTS = 10_000; // S3's limit
const WINDOW = 8; // parts hashed and signed ahead; the next window is prepared while one is sent
const PARTS_AT_ONCE = 4;

export function partSize(size) {
  if (size <= SINGLE_PUT_UP_TO) return Math.max(size, 1);
  return Math.max(SINGLE_PUT_UP_TO, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

export class Transfer {
  #id = null;
  #first = null; // the window that came with the start, until a run takes it
  #delivered = false; // every part was taken by S3
  #sent = new Map(); // part number → bytes sent so far

  constructor(file, path) {
    this.file = file;
    this.path = path;
    this.partSize = partSize(file.size);
    this.partCount = Math.max(1, Math.ceil(file.size / this.partSize));
  }

  /* Bytes that are stored or on the wire. */
  get sent() {
    let sum = 0;
    for (const bytes of this.#sent.values()) sum += bytes;
    return sum;
  }

  /* The stored file, as the API describes it. After a failure, run again: parts that S3 already has
     are not sent twice. hooks: onProgress(), onFinishing(), onOffline(boolean). */
  async run(signal, hooks) {
    const keep = { signal, onOffline: hooks.onOffline };
    try {
      if (!this.#id) await this.#start(keep);
      if (!this.#delivered) await this.#sendAll(keep, hooks);
      this.#delivered = true;
      hooks.onFinishing();
      return await persist(() => completeUpload(this.#id, signal), keep);
    } catch (failure) {
      if (failure.gone) this.#forget();
      if (failure.status === 409) this.#delivered = false; // S3 misses something: look again
      throw failure;
    }
  }

  /* Ends the upload on the server too. A failure is not the person's concern: S3's own rule ends what is left. */
  async discard() {
    const id = this.#id;
    this.#forget();
    if (id) await abortUpload(id).catch(() => {});
  }

  #forget() {
    this.#id = null;
    this.#first = null;
    this.#delivered = false;
    this.#sent.clear();
  }

  async #start(keep) {
    const body = {
      path: this.path,
      size: this.file.size,
      content_type: this.file.type || "application/octet-stream",
      on_conflict: "rename",
    };
    if (this.partCount > 1) body.part_size = this.partSize;
    const hashes = await this.#hashes(1, keep.signal);
    if (hashes.length) body.part_sha256 = hashes;
    const upload = await persist(() => startUpload(body, keep.signal), keep);
    this.#id = upload.id;
    this.#first = upload.parts;
    this.partSize = upload.part_size;
    this.partCount = upload.part_count;
  }

  async #sendAll(keep, hooks) {
    // When one part fails for good, the others stop as well: a retry sends what is missing.
    const stop = new AbortController();
    const inner = { ...keep, signal: AbortSignal.any([keep.signal, stop.signal]) };
    const parts = this.#parts(inner, hooks);
    const work = async () => {
      for await (const part of shared(parts)) await this.#send(part, inner, hooks);
    };
    try {
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
    } catch (failure) {
      stop.abort(failure);
      throw failure;
    }
  }

  /* Every part that S3 lacks, in order; the workers pull from this one generator. */
  async *#parts(keep, hooks) {
    let coming = this.#first ?? this.#window(1, WINDOW, keep);
    this.#first = null;
    while (coming) {
      const window = await coming;
      const last = window.at(-1)?.number;
      if (!last) throw new Failure("The server sent no addresses for this file.", { final: true });
      coming = last < this.partCount ? this.#window(last + 1, WINDOW, keep) : null;
      coming?.catch(() => {}); // told when it is awaited, unless another failure came first
      for (const part of window) {
        if (!part.stored) yield part;
        else this.#progress(part.number, this.#blob(part.number).size, hooks);
      }
    }
  }

  async #window(from, length, keep) {
    const hashes = await this.#hashes(from, keep.signal, length);
    try {
      return (await persist(() => nextParts(this.#id, from, hashes, keep.signal), keep)).parts;
    } catch (failure) {
      if (failure.status === 409) failure.gone = true; // ended there, or the file has changed here
      throw failure;
    }
  }

  async #hashes(from, signal, length = WINDOW) {
    const hashes = [];
    if (!canHash) return hashes;
    // One after the other: a single part is in memory at a time.
    for (let number = from; number < from + length && number <= this.partCount; number += 1) {
      signal.throwIfAborted();
      hashes.push(await sha256(this.#blob(number)));
    }
    return hashes;
  }

  async #send(part, keep, hooks) {
    const onProgress = (bytes) => this.#progress(part.number, bytes, hooks);
    await persist(async (attempt, last) => {
      // A refused or outlived address is signed anew, with the part's hash taken again.
      if (last?.status === 403 || last?.status === 400) {
        [part] = await this.#window(part.number, 1, keep);
      }
      if (!part.stored) await put(part, this.#blob(part.number), onProgress, keep.signal);
    }, keep);
    onProgress(this.#blob(part.number).size);
  }

  #progress(number, bytes, hooks) {
    this.#sent.set(number, bytes);
    hooks.onProgress();
  }

  /* Typed: Firefox keeps a copy of every untyped slice. */
  #blob(number) {
    const start = (number - 1) * this.partSize;
    return this.file.slice(start, start + this.partSize, "application/octet-stream");
  }
}

/* for await would close the generator when one worker leaves its loop; the others still need it. */
const shared = (generator) => ({ [Symbol.asyncIterator]: () => ({ next: () => generator.next() }) });
