/* Many small requests to the site, gathered into few. */

import { completeUploads, startUploads } from "./api.js";
import { Failure } from "./failure.js";
import { persist } from "./retry.js";

const MOST = 100; // the API's limit
const STARTING = 100; // milliseconds that one waits for others which are known to come
const COMPLETING = 1000;

class Batch {
  #waiting = [];
  #expected = 0;
  #timer = null;

  /* send(items): the results in the same order, a Failure for each that failed. */
  constructor(send, wait) {
    Object.assign(this, { send, wait });
  }

  /* The result for the item that this promise gives. Items that are ready wait for those that are to come,
     though not for long; the last to come waits for nobody. Once it is under way, it goes on without its
     signal, since what it did on the server has to become known. */
  async add(coming, keep) {
    this.#expected += 1;
    let item;
    try {
      item = await coming;
    } finally {
      this.#expected -= 1;
      if (item === undefined) this.#flushIfAllAreHere();
    }
    const promised = new Promise((resolve, reject) => {
      this.#waiting.push({ item, keep, resolve, reject });
    });
    this.#timer ??= setTimeout(() => this.#flush(), this.wait);
    this.#flushIfAllAreHere();
    return promised;
  }

  #flushIfAllAreHere() {
    if (!this.#waiting.length) return;
    if (!this.#expected || this.#waiting.length >= MOST) this.#flush();
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const entries = this.#waiting;
    this.#waiting = [];
    const wanted = entries.filter(({ keep, reject }) => {
      if (keep.signal.aborted) reject(keep.signal.reason);
      return !keep.signal.aborted;
    });
    if (wanted.length) this.#send(wanted);
  }

  async #send(entries) {
    const onOffline = (offline) => entries.forEach(({ keep }) => keep.onOffline?.(offline));
    const { signal } = new AbortController();
    try {
      const items = entries.map(({ item }) => item);
      const results = await persist(() => this.send(items), { signal, onOffline });
      entries.forEach(({ resolve, reject }, index) => {
        const result = results[index] ?? new Failure("The server left this file out.");
        if (result instanceof Failure) reject(result);
        else resolve(result);
      });
    } catch (failure) {
      for (const { reject } of entries) reject(failure);
    }
  }
}

export const starts = new Batch(startUploads, STARTING);
export const completions = new Batch(completeUploads, COMPLETING);
