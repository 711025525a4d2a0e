/* Trying again: exponential backoff with jitter, and few tries wasted while the device is offline. */

const TRIES = 7;
const FIRST_PAUSE = 500; // milliseconds; then 1, 2, 4, 8 and 16 seconds: a server starts anew meanwhile
const LONGEST_PAUSE = 30_000;
const OFFLINE = 30_000; // between tries while there seems to be no network: some systems never tell of it

/* The result of attempt(number, last failure), tried up to seven times. Throws its last failure, or the
   signal's reason once that is aborted. What an attempt has itself tried as often (`spent`) is not tried
   again. onOffline(true|false) tells of waiting for the network. */
export async function persist(attempt, { signal, onOffline = () => {} }) {
  for (let number = 1, last = null; ; number += 1) {
    signal.throwIfAborted();
    try {
      return await attempt(number, last);
    } catch (failure) {
      signal.throwIfAborted();
      const lost = failure.status === 0 && navigator.onLine === false;
      failure.spent ||= number >= TRIES && !lost;
      if (failure.final || failure.spent || failure.status === undefined) throw failure;
      if (lost) {
        await online(signal, onOffline);
        number = 0;
      } else {
        await pause(number, failure.retryAfter, signal);
      }
      last = failure;
    }
  }
}

/* Jitter over the upper half: many parts that failed together do not come back together. */
function pause(number, retryAfter, signal) {
  const longest = Math.min(FIRST_PAUSE * 2 ** (number - 1), LONGEST_PAUSE);
  const chosen = longest * (0.5 + Math.random() / 2);
  return until(signal, (done) => {
    const timer = setTimeout(done, Math.max(chosen, Math.min(retryAfter * 1000, LONGEST_PAUSE)));
    return () => clearTimeout(timer);
  });
}

async function online(signal, onOffline) {
  onOffline(true);
  try {
    await until(signal, (done) => {
      const undo = () => {
        clearTimeout(timer);
        window.removeEventListener("online", back);
      };
      const back = () => {
        undo();
        done();
      };
      const timer = setTimeout(back, OFFLINE);
      window.addEventListener("online", back);
      if (navigator.onLine) back();
      return undo;
    });
  } finally {
    onOffline(false);
  }
}

/* What a promise settles to, or the signal's reason if that comes first; the promise itself goes on. */
export function unlessAborted(signal, promise) {
  promise.catch(() => {}); // nobody may be there to hear of it
  return until(signal, (done, fail) => {
    promise.then(done, fail);
    return () => {};
  });
}

/* A promise that start(done, fail) settles; when the signal aborts first, it undoes and rejects. */
function until(signal, start) {
  return new Promise((resolve, reject) => {
    const settle = (action) => (value) => {
      signal.removeEventListener("abort", abort);
      action(value);
    };
    const abort = () => {
      undo();
      reject(signal.reason);
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const undo = start(settle(resolve), settle(reject));
  });
}
