/* The way of one PUT, which tells the lanes of the page what happens there; whoever has it releases it. */

export const BUFFERS = 4 * 1024 * 1024; // bytes of one connection that systems take in before they are sent
export const SMALL = 1024 * 1024; // bytes up to which a PUT is mostly round trips
const WHOLE = 2 * BUFFERS; // up to here most of a PUT is in buffers before any of it is told of
/* Too much at once: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const FULL = new Set([429, 500, 503]);

export class Lane {
  #pool;
  #size;
  #origin;
  #whole; // whether it is measured as a whole, once it is answered: too much of it fits into buffers
  #out = false; // whether all bytes are
  #began; // a moment
  #sent = 0;
  #told = null; // the moment at which bytes were last told of

  constructor(pool, size, origin) {
    this.#pool = pool;
    this.#size = size;
    this.#origin = origin;
    this.#whole = size > SMALL && size <= WHOLE;
    this.#began = pool.moment();
  }

  /* bytes: of this PUT so far. The first do not count: they fill buffers on this device. */
  moved(bytes) {
    const more = bytes - this.#sent;
    if (more <= 0) return;
    this.#pool.moved(more);
    if (this.#told && this.#size > WHOLE) this.#pool.measured(more, this.#told);
    this.#told = this.#pool.moment();
    this.#sent = bytes;
  }

  succeeded() {
    this.#pool.succeeded();
    if (this.#whole) this.#pool.measured(this.#size, this.#began);
  }

  failed(failure) {
    if (failure.stalled || FULL.has(failure.status)) this.#pool.failed();
  }

  /* The last byte has left: the next may go while this one waits for its answer. */
  sent() {
    this.#out = true;
    this.#pool.sent(this.#origin);
  }

  release() {
    if (this.#out) this.#pool.answered(this.#origin);
    else this.#pool.release(this.#origin);
  }
}
