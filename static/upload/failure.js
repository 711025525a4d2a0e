/* What stopped a step of an upload, in words for the person who waits for it. */

export class Failure extends Error {
  /* status: the HTTP status, 0 when there was no answer. final: trying the same again is no use.
     gone: the server has ended this upload, so that a retry starts it afresh. retryAfter: seconds.
     fields: those of the request that were refused. changed: the file is no longer what it was when its
     upload began. stalled: nothing moved for too long. expired: the credentials that signed the address have
     ended. */
  constructor(message, kind = {}) {
    super(message);
    const { status = 0, retryAfter = 0, fields = [] } = kind;
    const { final = false, gone = false, changed = false, stalled = false, expired = false } = kind;
    Object.assign(this, { status, final, gone, retryAfter, fields, changed, stalled, expired });
  }

  /* Whether the person can do something about it, and then try the same file again. */
  get retryable() {
    return !this.final || this.gone || this.signIn;
  }

  get signIn() {
    return this.status === 401;
  }
}

/* Until it is added anew: the browser lets a page read a file only as it was when it was chosen. */
export const fileChanged = () =>
  new Failure("This file was changed while it was being uploaded. Add it again to upload it as it is now.", {
    final: true,
    changed: true,
  });
