/* The files that wait, travel, or are through. Knows nothing of the page: it tells by events. What each
   event costs does not grow with the number of files: what is asked for is counted as it changes. */

import { Failure } from "./failure.js";
import { Item, STATES } from "./item.js";
import { Line } from "./line.js";
import { Tally } from "./tally.js";
import { Transfer } from "./transfer.js";
import { misnamed } from "./wrong-file.js";

const AT_ONCE = { large: 3, small: 200 };
const A_TURN = 20; // starts, before the page gets to do something else

/* Events: "added" (detail: items), "changed" and "progress" (detail: item), "ordered" (detail: the item that
   was moved), "removed" (detail: item), "settled" (nothing goes on by itself any more), "signed-out" (detail:
   failure), "signed-in". */
export class Queue extends EventTarget {
  items = new Set();
  line = new Line();
  total = new Tally();
  moving = new Tally(); // what is under way, or will be without anybody's doing
  delivered = 0; // bytes, as they go out: for the speed
  signedOut = false;
  #states = new Map(STATES.map((state) => [state, new Set()]));
  #later = null;
  #running = { small: 0, large: 0 };

  /* Transfer: another class than the real one, for tests. */
  constructor(Transferring = Transfer) {
    super();
    this.Transfer = Transferring;
  }

  /* entries: as Item takes them. */
  add(entries) {
    const items = entries.map((entry) => new Item(entry, this.Transfer));
    for (const item of items) {
      this.items.add(item);
      this.line.seat(item);
      if (!item.entry.identical) this.line.append(item);
      this.#become(item, item.entry.identical ? "identical" : "waiting");
    }
    if (items.length) this.#tell("added", items);
    this.#fill();
    return items;
  }

  /* The items of these states, in the order in which they came to them. */
  *in(...states) {
    for (const state of states) yield* this.#states.get(state);
  }

  count(...states) {
    return states.reduce((sum, state) => sum + this.#states.get(state).size, 0);
  }

  pause(item) {
    this.#stop(item, "pause", "paused");
  }

  cancel(item) {
    if (!item.may("cancel")) return;
    const idle = !item.controller;
    this.#stop(item, "cancel", "cancelled");
    if (idle) item.transfer.discard(); // otherwise once it has stopped
  }

  resume = (item) => this.each("resume", [item]);
  retry = (item) => this.each("retry", [item]);
  anyway = (item) => this.each("anyway", [item]);

  /* Another version of this file, which has changed since; what has another name is another file. */
  replace(item, file) {
    if (item.moving) return;
    const failure = misnamed(item.name, file);
    if (failure) return this.#fail(item, failure);
    item.exchange(file);
    this.#enter([item]);
  }

  /* All of these (an iterable) at once; action: pause, resume, retry, anyway, cancel or remove. */
  each(action, items) {
    const able = [...items].filter((item) => item.may(action));
    if (["resume", "retry", "anyway"].includes(action)) this.#enter(able);
    else for (const item of able) this[action](item);
  }

  first(item) {
    this.#order(item, "first");
  }

  up(item) {
    this.#order(item, "up");
  }

  down(item) {
    this.#order(item, "down");
  }

  /* Takes a row away that is through. What S3 has of a failed one stays: it is listed as unfinished. */
  remove(item) {
    if (!item.may("remove")) return;
    if (item.state === "failed" && !item.transfer.small) item.transfer.leave();
    else if (item.state !== "done") item.transfer.discard();
    this.items.delete(item);
    this.#states.get(item.state).delete(item);
    this.total.note(item, false);
    this.#tell("removed", item);
  }

  /* Nothing goes on before the same person is signed in again. */
  signOut(failure) {
    if (this.signedOut) return;
    this.signedOut = true;
    this.#tell("signed-out", failure);
  }

  /* The same person is signed in again. */
  signedIn() {
    if (!this.signedOut) return;
    this.signedOut = false;
    this.#tell("signed-in");
    this.#enter([...this.in("signed-out")]);
  }

  /* What leaving the page would interrupt or lose. A paused upload that the server keeps open goes on
     another day; one that it knows nothing of, or sends in one piece, would have to be found again. */
  get wouldLose() {
    const kept = ({ transfer, size }) => transfer.id && !transfer.small && size > 0;
    return this.moving.count > 0 || [...this.in("paused")].some((item) => !kept(item));
  }

  #stop(item, action, state) {
    if (!item.may(action)) return;
    if (this.line.has(item)) this.line.remove(item);
    this.#become(item, state);
    item.controller?.abort(new DOMException(state, "AbortError"));
    this.#settle();
  }

  /* Back into the line: one goes to its front, since somebody has just asked for it. */
  #enter(items) {
    for (const item of items) {
      item.failure = null;
      this.#become(item, "waiting");
    }
    const ready = items.filter((item) => !item.controller); // the others enter when they have stopped
    if (ready.length === 1) this.line.first(ready[0]);
    else this.line.merge(ready);
    this.#fill();
  }

  #order(item, action) {
    if (!item.may(action)) return;
    this.line[action](item);
    this.#tell("ordered", item);
  }

  #fill() {
    let started = 0;
    for (const [kind, most] of Object.entries(AT_ONCE)) {
      while (!this.signedOut && this.#running[kind] < most && this.line.next(kind)) {
        if (started++ === A_TURN) {
          this.#later ??= setTimeout(() => {
            this.#later = null;
            this.#fill();
          });
          return;
        }
        this.#send(this.line.next(kind));
      }
    }
  }

  async #send(item) {
    const { kind } = item;
    this.line.remove(item);
    this.#running[kind] += 1;
    const signal = item.begin();
    this.#become(item, "sending");
    try {
      item.stored = await item.transfer.run(signal, this.#hooks(item, signal));
      this.#become(item, "done"); // even if somebody paused it at the very end
    } catch (failure) {
      if (!signal.aborted) this.#fail(item, failure);
    }
    if (item.state === "cancelled") await item.transfer.discard();
    item.end();
    this.#running[kind] -= 1;
    if (item.state === "waiting") this.line.first(item); // paused and resumed before it had stopped
    this.#fill();
    this.#settle();
  }

  #hooks(item, signal) {
    const unless = (react) => (value) => signal.aborted || react(value);
    return {
      onProgress: unless(() => this.#progress(item)),
      onFinishing: unless(() => {
        item.finishing = true;
        this.#become(item, item.going);
      }),
      onOffline: unless((offline) => this.#become(item, offline ? "offline" : item.going)),
      onStalled: unless((stalled) => {
        item.stalled = stalled;
        this.#tell("changed", item);
      }),
    };
  }

  #progress(item) {
    this.#note(item);
    this.delivered += item.newlyWired();
    this.#tell("progress", item);
  }

  #fail(item, failure) {
    // Anything else than a Failure is a fault of these modules: it goes to the console as well.
    if (!(failure instanceof Failure)) reportError(failure);
    item.failure = failure instanceof Failure ? failure : new Failure("Something failed on this page.");
    this.#become(item, item.failure.signIn ? "signed-out" : "failed");
    if (item.failure.signIn) this.signOut(item.failure);
  }

  #become(item, state) {
    this.#states.get(item.state)?.delete(item);
    item.state = state;
    item.stalled = false;
    this.#states.get(state).add(item);
    this.#note(item);
    this.#tell("changed", item);
  }

  #note(item) {
    this.total.note(item, item.counted);
    this.moving.note(item, item.moving);
  }

  #settle() {
    if (!this.moving.count) this.#tell("settled");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
