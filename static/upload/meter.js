/* How fast bytes go: an average in which the last few seconds weigh most. */

const STEP = 200; // milliseconds between two samples
const MEMORY = 5000; // milliseconds after which a sample weighs a third of a new one
const PATIENCE = 2000; // milliseconds that are watched before anything is said

export class Meter {
  #start = null;
  #last = 0;
  #total = 0;
  #rate = 0; // bytes per millisecond, too low at first: it starts at nothing

  /* total: bytes so far. A part that failed takes its bytes back; time does not run backwards. */
  add(total, now = performance.now()) {
    if (this.#start === null) {
      this.#start = this.#last = now;
      this.#total = total;
    }
    const elapsed = now - this.#last;
    if (elapsed < STEP) return;
    const fresh = Math.max(0, total - this.#total) / elapsed;
    this.#rate += (1 - Math.exp(-elapsed / MEMORY)) * (fresh - this.#rate);
    this.#last = now;
    this.#total = total;
  }

  /* Bytes per second; 0 while too little has been seen, and when nothing moves. */
  get rate() {
    const seen = this.#last - this.#start;
    if (this.#start === null || seen < PATIENCE) return 0;
    return (1000 * this.#rate) / (1 - Math.exp(-seen / MEMORY));
  }

  forget() {
    this.#start = null;
    this.#rate = 0;
  }
}
