/* The lanes that all PUTs of this page share. How many there are is measured; what was learnt of the line
   is remembered for the next visit. */

import { Climb } from "./climb.js";
import { hosts } from "./hosts.js";
import { BUFFERS, Lane, SMALL } from "./lane.js";
import { ANSWER } from "./put.js";

/* Lanes, where connections are left beside them: for preflights, and for PUTs whose bytes are out. */
const MOST = 8;
/* Such PUTs that wait for their answers, for each lane. They are lost as well when the page goes away: "out" means in
   some buffer on the way. */
const UNANSWERED = 0.5;
const TELLING = 2 * SMALL; // bytes of a PUT, on average, that tell the speed of a line
const PROMPT = 15_000; // milliseconds in which S3 answers
const GRACE = 50; // milliseconds in which a free lane finds its next part
const REMEMBER = 2000;
const SMOOTH = 0.3;
const KEY = "strongbox.line";

export class Lanes {
  #climb;
  #waiting = []; // in the order they came, whatever file they are of
  #active = 0;
  #unanswered = 0;
  #openAt = new Map(); // origin → PUTs under way
  #past; // the moment since which these are so many
  #freeSince = null; // null: none is free
  #measure = null; // {from, bytes, puts}
  #speed;
  #lately = 0; // bytes per second when last measured here: of another day's line nothing follows for now

  /* memory: what localStorage offers. */
  constructor({ memory = storage(), now = () => performance.now() } = {}) {
    Object.assign(this, { memory, now });
    this.#past = { now: now(), puts: 0 };
    const known = this.#recall();
    this.#climb = new Climb(() => Math.min(MOST, hosts.connections), known?.lanes);
    hosts.addEventListener("changed", () => {
      this.#climb.again(this.now());
      this.#fill();
    });
    this.#speed = known?.speed ?? 0;
  }

  get count() {
    return this.#climb.lanes;
  }

  /* {lanes, speed, spare}: how many, the bytes per second of all of them, and whether connections are left beside
     them; null before anything is known. */
  get known() {
    const spare = this.count < hosts.connections;
    return this.#speed ? { lanes: this.count, speed: this.#speed, spare } : null;
  }

  /* Milliseconds to wait for an answer once the last byte has left: what lies in buffers has yet to go. */
  get patience() {
    if (!this.#lately) return ANSWER;
    return Math.min(PROMPT + (1000 * BUFFERS * this.#mostOpen(this.count)) / this.#lately, ANSWER);
  }

  /* A lane for so many bytes to this origin, once one is free. Whoever takes it tells what happens there, and
     releases it. What is small is mostly round trips: it tells nothing of the line, and as many go at once as can. */
  async take(signal, size, origin) {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const one = { resolve, signal, size, origin };
      one.abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", one.abort, { once: true });
      this.#waiting.push(one);
      this.#fill();
    });
  }

  #hasRoom(size) {
    const lanes = size <= SMALL ? hosts.connections : this.count;
    return this.#active < lanes && this.#open < this.#mostOpen(lanes);
  }

  /* One more than the browser has connections would wait in it, and seem to be stalled. */
  #mostOpen(lanes) {
    return Math.min(lanes + Math.ceil(lanes * UNANSWERED), hosts.connections);
  }

  #occupy(size, origin) {
    this.#count(origin, +1, 0);
    this.#notice();
    this.#mark();
    return new Lane(this, size, origin);
  }

  sent(origin) {
    this.#count(origin, -1, +1);
    this.#fill();
  }

  answered(origin) {
    this.#count(origin, 0, -1);
    this.#fill();
  }

  release(origin) {
    this.#count(origin, -1, 0);
    this.#fill();
  }

  #count(origin, active, unanswered) {
    this.#past = this.moment();
    this.#active += active;
    this.#unanswered += unanswered;
    this.#openAt.set(origin, (this.#openAt.get(origin) ?? 0) + active + unanswered);
  }

  /* {now, puts}: puts is their number under way, summed up over the milliseconds until now. */
  moment() {
    const now = this.now();
    return { now, puts: this.#past.puts + this.#open * (now - this.#past.now) };
  }

  #fill() {
    for (let next; (next = this.#next()) && this.#hasRoom(next.size); ) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.signal.removeEventListener("abort", next.abort);
      next.resolve(this.#occupy(next.size, next.origin));
    }
    this.#mark();
  }

  /* The first that waits for lanes, and not for a connection to its host. */
  #next() {
    return this.#waiting.find(({ origin }) => (this.#openAt.get(origin) ?? 0) < hosts.room(origin));
  }

  /* PUTs under way. One whose bytes are out may still have them in a buffer, so that it uses the line too. */
  get #open() {
    return this.#active + this.#unanswered;
  }

  #mark() {
    this.#freeSince = this.#open < this.count ? (this.#freeSince ?? this.now()) : null;
  }

  /* Bytes that went, as lanes tell some ten times a second each. */
  moved(bytes) {
    if (!this.#notice()) this.#gauge(bytes, 0);
  }

  /* So much was done in one lane since that moment, beside the others. */
  measured(work, from) {
    if (this.#notice()) return;
    const to = this.moment();
    const time = to.now - from.now;
    // Lanes that are one too many end with their part; until then nothing is known of the fewer.
    if (this.#active > this.count) this.#climb.again(to.now);
    else if (time > 0) this.#climb.add((work * (to.puts - from.puts)) / time / this.count, time, to.now);
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
    if (seen.bytes > seen.puts * TELLING) {
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
      this.memory.setItem(KEY, JSON.stringify({ lanes: this.#climb.settled, speed: Math.round(this.#speed) }));
    } catch {
      // Full, or forbidden: it is measured again next time.
    }
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
