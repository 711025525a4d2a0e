/* The host names of S3: browsers open few connections to each, so that with two there are twice as many. The first
   is used whatever happens; another one only while it does as well. */

import { settings } from "./settings.js";

export const CONNECTIONS = 6; // what browsers open to one host over HTTP/1.1, which is what S3 speaks
const IN_A_ROW = 3; // failures of a name that did answer before
const SAMPLES = 3; // parts by each name, to compare them
const SLOWER = 2; // a name that takes so many times as long holds the other up
const SMOOTH = 0.3;

export class Hosts extends EventTarget {
  #avoided = new Set();
  #proven = new Set();
  #failures = new Map(); // origin → in a row
  #paces = new Map(); // origin → {pace: milliseconds for a byte, samples}

  /* Origins. */
  get all() {
    return settings.storage.filter((origin) => !this.#avoided.has(origin));
  }

  /* Whether addresses may be of another than the first. */
  get spread() {
    return this.all.length > 1;
  }

  /* To all of them together. */
  get connections() {
    return CONNECTIONS * Math.max(this.all.length, 1);
  }

  /* PUTs that may be under way at once: one, until it is seen that the name can be reached from here. */
  room(origin) {
    return this.proven(origin) || this.#avoided.has(origin) ? CONNECTIONS : 1;
  }

  proven(origin) {
    return !this.#isAnother(origin) || this.#proven.has(origin);
  }

  usable(url) {
    return !this.#avoided.has(originOf(url));
  }

  /* Bytes have left, so that S3 has said that they may. */
  reached(url) {
    const origin = originOf(url);
    if (this.proven(origin)) return;
    this.#proven.add(origin);
    this.#changed();
  }

  /* pace: milliseconds that each byte of a part took. */
  stored(url, pace) {
    const origin = originOf(url);
    this.#failures.delete(origin);
    const before = this.#paces.get(origin) ?? { pace, samples: 0 };
    const mean = before.pace + SMOOTH * (pace - before.pace);
    this.#paces.set(origin, { pace: mean, samples: before.samples + 1 });
    if (this.#isAnother(origin) && this.#isSlow(origin)) this.#avoid(origin);
  }

  /* What S3 says of one request (503, an ended address) tells nothing of its name. A network or a policy that does
     not know that name (IPv6, perhaps) does, and so it is no longer used. */
  failed(url, { status, expired }) {
    const origin = originOf(url);
    const tells = status === 0 ? navigator.onLine !== false : status === 403 && !expired;
    if (!tells || !this.#isAnother(origin)) return;
    const failures = (this.#failures.get(origin) ?? 0) + 1;
    this.#failures.set(origin, failures);
    if (failures >= IN_A_ROW || !this.proven(origin)) this.#avoid(origin);
  }

  #isAnother(origin) {
    return settings.storage.indexOf(origin) > 0;
  }

  #isSlow(origin) {
    const [first, other] = [settings.storage[0], origin].map((one) => this.#paces.get(one));
    const compared = first?.samples >= SAMPLES && other.samples >= SAMPLES;
    return compared && other.pace > SLOWER * first.pace;
  }

  #avoid(origin) {
    this.#avoided.add(origin);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}

export const originOf = (url) => new URL(url).origin;

export const hosts = new Hosts();
