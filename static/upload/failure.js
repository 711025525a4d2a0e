/* What stopped a step of an upload, in words for the person who waits for it. */

export class Failure extends Error {
  /* status: the HTTP status, 0 when there was no answer. final: trying the same again is no use.
     gone: the server has ended this upload, so that a retry starts it afresh. retryAfter: seconds. */
  constructor(message, { status = 0, final = false, gone = false, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { status, final, gone, retryAfter });
  }

  /* Whether the person can do something about it, and then try the same file again. */
  get retryable() {
    return !this.final || this.gone || this.signIn;
  }

  get signIn() {
    return this.status === 401;
  }
}
