/* A file as the parts it is sent in: their bytes, their hashes, and which of them S3 has. Numbered from 1.
   What is kept of a part is 33 bytes, so that 10,000 of them weigh nothing. */

import { Failure, fileChanged } from "./failure.js";
import { base64, composite, sha256 } from "./hashing.js";
import { partCount, windowLength } from "./plan.js";

const DIGEST = 32; // bytes
const UNKNOWN = new Uint8Array(DIGEST); // no content is known to have this hash
/* What S3 has of a part. Presumed: one of this number and size, which nobody has compared with the file. */
const MISSING = 0;
const STORED = 1;
const PRESUMED = 2;

export class Parts {
  #stored;
  #digests;
  #read = false;
  #taking = new Map(); // part number → what is done once its hash is known
  #whole = null; // the one part of a small file: to cut it is dear, and thousands are cut

  /* hashed: whether each part goes with its SHA-256. */
  constructor(file, partSize, hashed) {
    this.file = file;
    this.partSize = partSize;
    this.count = partCount(file.size, partSize);
    this.hashed = hashed;
    this.#stored = new Uint8Array(this.count);
    this.#digests = hashed ? new Uint8Array(this.count * DIGEST) : UNKNOWN;
    this.seen = { size: file.size, lastModified: file.lastModified };
  }

  size(number) {
    return Math.min(this.partSize, this.seen.size - (number - 1) * this.partSize);
  }

  /* Typed: Firefox keeps a copy of every untyped slice. */
  blob(number) {
    if (this.count > 1) return this.#cut(number);
    return (this.#whole ??= this.#cut(number));
  }

  #cut(number) {
    const start = (number - 1) * this.partSize;
    return this.file.slice(start, start + this.partSize, "application/octet-stream");
  }

  /* Base64, each taken once: up to `length` of them from this part on; none if the upload has none. The hashes of
     the next ones are begun too, though nothing comes before the first. */
  async hashes(from, length, signal) {
    if (!this.hashed) return [];
    const take = (number) => this.#hash(number, signal);
    const asked = Promise.all(this.#numbers(from, length).map(take));
    if (from === 1) await asked;
    const ahead = Math.min(2 * length, windowLength(this.partSize, Infinity)); // windows double, up to that
    const next = this.#numbers(from + length, ahead).filter((number) => !this.isStored(number));
    Promise.all(next.map(take)).catch(() => {}); // told when they are asked for
    return asked;
  }

  #numbers(from, length) {
    const last = Math.min(from + length - 1, this.count);
    return Array.from({ length: Math.max(last - from + 1, 0) }, (_, index) => from + index);
  }

  /* Fails when the part is not what it was when its hash was taken, or cannot be read any more. */
  async check(number, signal) {
    if (!this.hashed) return this.checkReadable(number);
    const before = this.#digest(number);
    const now = await this.#take(number, signal);
    if (known(before) && !now.every((byte, index) => byte === before[index])) throw fileChanged();
  }

  /* Browsers refuse to read a chosen file once it has changed on disk. */
  async checkReadable(number = this.count) {
    const { size, lastModified } = this.seen;
    if (this.file.size !== size || this.file.lastModified !== lastModified) throw fileChanged();
    const start = (number - 1) * this.partSize;
    await this.file
      .slice(start, start + 1)
      .arrayBuffer()
      .catch(() => {
        throw fileChanged();
      });
  }

  isStored(number) {
    return this.#stored[number - 1] === STORED;
  }

  isPresumed(number) {
    return this.#stored[number - 1] === PRESUMED;
  }

  setStored(number) {
    this.#stored[number - 1] = STORED;
    this.#whole = null;
  }

  setMissing(number) {
    this.#stored[number - 1] = MISSING;
  }

  /* ranges: first and last numbers, as the API tells them. */
  presume(ranges) {
    for (const [first, last] of ranges) this.#stored.fill(PRESUMED, first - 1, last);
  }

  /* The first that S3 is not thought to have, from this one on; 0 when there is none. */
  nextMissing(from) {
    return this.#stored.indexOf(MISSING, from - 1) + 1;
  }

  nextPresumed(from) {
    return this.#stored.indexOf(PRESUMED, from - 1) + 1;
  }

  forgetStored() {
    this.#stored.fill(MISSING);
  }

  /* The SHA-256 as S3 tells that of the object; "" when not all parts were hashed. */
  async sha256() {
    for (let number = 1; number <= this.count; number += 1) {
      if (!this.hashed || !known(this.#digest(number))) return "";
    }
    return this.count === 1 ? base64(this.#digests) : composite(this.#digests);
  }

  async #hash(number, signal) {
    const digest = this.#digest(number);
    if (known(digest)) return base64(digest);
    if (!this.#taking.has(number)) {
      const taken = this.#take(number, signal).then((bytes) => digest.set(bytes));
      this.#taking.set(number, taken.finally(() => this.#taking.delete(number)));
    }
    await this.#taking.get(number);
    return base64(digest);
  }

  async #take(number, signal) {
    try {
      const digest = await sha256(this.blob(number), signal);
      this.#read = true;
      return digest;
    } catch (failure) {
      // It could be read before, so it is no folder, and nothing that was never there.
      throw this.#read && failure instanceof Failure ? fileChanged() : failure;
    }
  }

  #digest(number) {
    return this.#digests.subarray((number - 1) * DIGEST, number * DIGEST);
  }
}

const known = (digest) => digest.some(Boolean);
