/* The lanes that all PUTs of this page share. How many there are is measured; what was learnt of the line
   is remembered for the next visit. */

import { Climb, MOST_LANES } from "./climb.js";
import { ANSWER } from "./put.js";

export const SMALL = 256 * 1024; // bytes up to which a PUT is mostly round trips,
const ROUND_TRIPS = 256 * 1024; // which are as much work as these bytes
const BUFFERS = 4 * 1024 * 1024; // bytes of one connection that systems take in before they are sent
const PROMPT = 15_000; // milliseconds in which S3 answers
const GRACE = 50; // milliseconds in which a free lane finds its next part
const REMEMBER = 2000;
const SMOOTH = 0.3;
/* Too much at once: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const FULL = new Set([429, 500, 503]);
const KEY = "strongbox.line";

export class Lanes {
  #climb;
  #waiting = []; // in the order they came, whatever file they are of
  #active = 0;
  #freeSince = null; // null: none is free
  #measure = null; // {from, bytes, puts}
  #speed;
  #lately = 0; // bytes per second when last measured here: of another day's line nothing follows for now

  /* memory: what localStorage offers. */
  constructor({ memory = storage(), now = () => performance.now() } = {}) {
    Object.assign(this, { memory, now });
    const known = this.#recall();
    this.#climb = new Climb(known?.lanes);
    this.#speed = known?.speed ?? 0;
  }

  get count() {
    return this.#climb.lanes;
  }

  /* {lanes, speed}: how many, and the bytes per second of all of them; null before anything is known. */
  get known() {
    return this.#speed ? { lanes: this.count, speed: this.#speed } : null;
  }

  /* Milliseconds to wait for an answer once the last byte has left: what lies in buffers has yet to go. */
  get patience() {
    if (!this.#lately) return ANSWER;
    return Math.min(PROMPT + (1000 * BUFFERS * this.count) / this.#lately, ANSWER);
  }

  /* A lane, once one is free. Whoever takes it tells what happens there, and releases it. What is small is
     mostly round trips: there is nothing to measure, and as many go at once as can. */
  async take(signal, small = false) {
    signal.throwIfAborted();
    const room = small ? MOST_LANES : this.count;
    if (this.#active < room && !this.#waiting.length) return this.#occupy();
    return new Promise((resolve, reject) => {
      const one = { resolve, signal, small };
      one.abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", one.abort, { once: true });
      this.#waiting.push(one);
    });
  }

  #occupy() {
    this.#active += 1;
    this.#notice();
    this.#mark();
    return new Lane(this);
  }

  release() {
    this.#active -= 1;
    this.#fill();
  }

  #fill() {
    while (this.#waiting.length) {
      if (this.#active >= (this.#waiting[0].small ? MOST_LANES : this.count)) break;
      const { resolve, signal, abort } = this.#waiting.shift();
      signal.removeEventListener("abort", abort);
      resolve(this.#occupy());
    }
    this.#mark();
  }

  #mark() {
    this.#freeSince = this.#active < this.count ? (this.#freeSince ?? this.now()) : null;
  }

  /* Bytes that went, as lanes tell some ten times a second each. */
  moved(bytes) {
    if (!this.#notice()) this.#gauge(bytes, 0);
  }

  /* So much was done in one lane's milliseconds. */
  measured(work, time) {
    if (this.#notice()) return;
    // Lanes that are one too many end with their part; until then nothing is known of the fewer.
    if (this.#active > this.count) this.#climb.again(this.now());
    else this.#climb.add(work, time, this.now());
    this.#fill();
  }

  succeeded() {
    this.#climb.succeeded();
    if (!this.#notice()) this.#gauge(0, 1);
  }

  failed() {
    this.#climb.failed(this.now());
  }

  /* Whether a lane has been free for longer than it takes to find work: then nothing can be measured. */
  #notice() {
    const now = this.now();
    if (this.#freeSince === null || now - this.#freeSince <= GRACE) return false;
    this.#climb.again(now);
    this.#measure = null;
    return true;
  }

  #gauge(bytes, puts) {
    const now = this.now();
    const seen = (this.#measure ??= { from: now, bytes: 0, puts: 0 });
    seen.bytes += bytes;
    seen.puts += puts;
    const elapsed = now - seen.from;
    if (elapsed < REMEMBER) return;
    // Small files spend their time on round trips: they tell nothing of the line.
    if (seen.bytes > 10 * seen.puts * ROUND_TRIPS) {
      const speed = (this.#lately = (seen.bytes * 1000) / elapsed);
      this.#speed = this.#speed ? this.#speed + SMOOTH * (speed - this.#speed) : speed;
      this.#remember();
    }
    this.#measure = null;
  }

  #recall() {
    try {
      const known = JSON.parse(this.memory.getItem(KEY));
      return known.lanes >= 1 && known.speed > 0 ? known : null;
    } catch {
      return null; // nothing there, or not ours
    }
  }

  #remember() {
    try {
      this.memory.setItem(KEY, JSON.stringify({ lanes: this.count, speed: Math.round(this.#speed) }));
    } catch {
      // Full, or forbidden: it is measured again next time.
    }
  }
}

/* The way of one PUT; whoever has it releases it. */
class Lane {
  #pool;
  #began;
  #sent = 0;
  #told = null; // when bytes were last told of

  constructor(pool) {
    this.#pool = pool;
    this.#began = pool.now();
  }

  /* bytes: of this PUT so far. The first do not count: they fill buffers on this device. */
  moved(bytes) {
    const more = bytes - this.#sent;
    if (more <= 0) return;
    const now = this.#pool.now();
    this.#pool.moved(more);
    if (this.#told !== null) this.#pool.measured(more, now - this.#told);
    this.#told = now;
    this.#sent = bytes;
  }

  succeeded() {
    this.#pool.succeeded();
    const small = this.#sent <= SMALL;
    if (small) this.#pool.measured(this.#sent + ROUND_TRIPS, this.#pool.now() - this.#began);
  }

  failed(failure) {
    if (failure.stalled || FULL.has(failure.status)) this.#pool.failed();
  }

  release() {
    this.#pool.release();
  }
}

/* Merely looking for it throws where a person forbids sites to keep anything. */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export const lanes = new Lanes();
