/* The files that wait, travel, or are through. Knows nothing of the page: it tells by events.

   States: waiting → sending → finishing → done. `offline` is sending that waits for the network. Before
   finishing, which the server may have done already, also → cancelled; and from any of them → failed.
   From these two back to waiting. */

import { Failure } from "./failure.js";
import { Meter } from "./format.js";
import { Transfer } from "./transfer.js";

const FILES_AT_ONCE = 3;
const UNFINISHED = new Set(["waiting", "sending", "offline", "finishing"]);
const CANCELLABLE = new Set(["waiting", "sending", "offline"]);

class Item {
  state = "waiting";
  failure = null;
  stored = null; // the API's description, once done
  meter = new Meter();
  controller = null;

  constructor(file, name, folder) {
    this.size = file.size;
    this.name = name;
    this.transfer = new Transfer(file, (folder + name).normalize("NFC"));
  }

  get unfinished() {
    return UNFINISHED.has(this.state);
  }

  get cancellable() {
    return CANCELLABLE.has(this.state);
  }

  get retryable() {
    if (this.state === "failed") return this.failure.retryable;
    return this.state === "cancelled";
  }

  get sent() {
    return this.state === "done" ? this.size : Math.min(this.transfer.sent, this.size);
  }
}

/* Events: "added" (detail: items), "changed" and "progress" (detail: item), "removed" (detail: item),
   "settled" (nothing is under way any more). */
export class Queue extends EventTarget {
  items = [];

  /* found: [{file, name}], the name with its folders if it came in one. */
  add(found, folder) {
    const items = found.map(({ file, name }) => new Item(file, name, folder));
    this.items.push(...items);
    if (items.length) this.#tell("added", items);
    this.#fill();
  }

  get unfinished() {
    return this.items.filter((item) => item.unfinished);
  }

  retry(item) {
    if (!item.retryable) return;
    item.failure = null;
    this.#move(item, "waiting");
    this.#fill();
  }

  cancel(item) {
    if (!item.cancellable) return;
    item.controller?.abort(new DOMException("Cancelled", "AbortError"));
    this.#move(item, "cancelled");
    if (!item.controller) item.transfer.discard();
    this.#settle();
  }

  /* Takes a row away that is through; what a failed one left on the server goes too. */
  remove(item) {
    if (item.unfinished) return;
    if (item.state !== "done") item.transfer.discard();
    this.items = this.items.filter((other) => other !== item);
    this.#tell("removed", item);
  }

  #fill() {
    const running = this.items.filter((item) => item.controller).length;
    const waiting = this.items.filter((item) => item.state === "waiting" && !item.controller);
    for (const item of waiting.slice(0, FILES_AT_ONCE - running)) this.#send(item);
  }

  async #send(item) {
    const { signal } = (item.controller = new AbortController());
    item.meter.forget();
    this.#move(item, "sending");
    try {
      item.stored = await item.transfer.run(signal, this.#hooks(item));
      if (!signal.aborted) this.#move(item, "done");
    } catch (failure) {
      if (!signal.aborted) this.#fail(item, failure);
    }
    if (signal.aborted) await item.transfer.discard();
    item.controller = null;
    this.#fill();
    this.#settle();
  }

  #hooks(item) {
    return {
      onProgress: () => {
        item.meter.add(item.sent);
        this.#tell("progress", item);
      },
      onFinishing: () => this.#move(item, "finishing"),
      onOffline: (offline) => {
        if (item.unfinished) this.#move(item, offline ? "offline" : "sending");
      },
    };
  }

  #fail(item, failure) {
    // Anything else than a Failure is a fault of these modules: it goes to the console as well.
    if (!(failure instanceof Failure)) reportError(failure);
    item.failure = failure instanceof Failure ? failure : new Failure("Something failed on this page.");
    this.#move(item, "failed");
  }

  #move(item, state) {
    item.state = state;
    this.#tell("changed", item);
  }

  #settle() {
    if (!this.unfinished.length) this.#tell("settled");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
