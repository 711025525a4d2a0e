/* What a screen reader hears of the queue: beginnings, failures and the end, not every tick. */

import { files, number } from "./format.js";

const QUIET = 15_000; // milliseconds of silence before the share that is done is told
const GATHER = 1000; // milliseconds in which failures are told together

export class Announcer {
  #last = 0;
  #failed = [];
  #timer = null;

  constructor(region, queue) {
    this.region = region;
    this.queue = queue;
    queue.addEventListener("added", ({ detail }) => this.#added(detail));
    queue.addEventListener("changed", ({ detail: item }) => this.#changed(item));
    queue.addEventListener("progress", () => this.#share());
    queue.addEventListener("ordered", ({ detail: item }) => this.#ordered(item));
    queue.addEventListener("signed-out", ({ detail: failure }) => this.say(failure.message));
    queue.addEventListener("signed-in", () => this.say("You are signed in again. Uploads go on."));
    queue.addEventListener("settled", () => this.#settled());
  }

  say(text) {
    this.region.textContent = text;
    this.#last = performance.now();
  }

  #added(items) {
    const sent = items.filter((item) => item.state !== "identical").length;
    if (sent) this.say(`Uploading ${files(sent)}.`);
  }

  #changed(item) {
    if (item.state === "offline") this.say("You are offline. Uploads wait for the connection.");
    if (item.state !== "failed") return;
    this.#failed.push(item);
    this.#timer ??= setTimeout(() => this.#tellFailed(), GATHER);
  }

  #tellFailed() {
    const words = failures(this.#failed);
    this.#quieten();
    this.say(words);
  }

  #quieten() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#failed = [];
  }

  #share() {
    if (performance.now() - this.#last < QUIET) return;
    const { size, sent } = this.queue.total;
    if (size) this.say(`${Math.floor((100 * sent) / size)} percent uploaded.`);
  }

  #ordered(item) {
    let number = 1;
    for (const other of this.queue.line) {
      if (other === item) break;
      number += 1;
    }
    this.say(`${item.name} is number ${number} of ${this.queue.line.size} that wait.`);
  }

  #settled() {
    this.#quieten();
    const { queue } = this;
    const words = [];
    const counted = (state, word) => {
      if (queue.count(state)) words.push(`${files(queue.count(state))} ${word}.`);
    };
    counted("done", "uploaded");
    counted("paused", "paused");
    counted("cancelled", "cancelled");
    counted("identical", "not sent: the same is here already");
    if (queue.count("failed")) words.push(failures([...queue.in("failed")]));
    this.say(words.join(" "));
  }
}

/* One is told in full; of many, how many and the first. */
function failures(items) {
  const [{ name, failure }] = items;
  const first = `${name}: ${failure?.message ?? "failed"}`;
  return items.length === 1 ? first : `${number(items.length)} files failed. ${first}`;
}
