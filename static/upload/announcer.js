/* What a screen reader hears of the queue: beginnings, failures and the end, not every tick. */

import { files } from "./format.js";

const QUIET = 15_000; // milliseconds of silence before the share that is done is told

export class Announcer {
  #last = 0;

  constructor(region, queue) {
    this.region = region;
    this.queue = queue;
    queue.addEventListener("added", ({ detail }) => this.say(`Uploading ${files(detail.length)}.`));
    queue.addEventListener("changed", ({ detail: item }) => {
      if (item.state === "failed") this.say(`${item.name}: ${item.failure.message}`);
      if (item.state === "offline") this.say("You are offline. Uploads wait for the connection.");
    });
    queue.addEventListener("progress", () => this.#share());
    queue.addEventListener("settled", () => this.say(this.#outcome()));
  }

  say(text) {
    this.region.textContent = text;
    this.#last = performance.now();
  }

  #share() {
    if (performance.now() - this.#last < QUIET) return;
    const under = this.queue.unfinished;
    const total = under.reduce((sum, item) => sum + item.size, 0);
    const sent = under.reduce((sum, item) => sum + item.sent, 0);
    if (total) this.say(`${Math.floor((100 * sent) / total)} percent uploaded.`);
  }

  #outcome() {
    const counted = (state) => this.queue.items.filter((item) => item.state === state);
    const words = [];
    if (counted("done").length) words.push(`${files(counted("done").length)} uploaded.`);
    if (counted("cancelled").length) words.push(`${counted("cancelled").length} cancelled.`);
    for (const item of counted("failed")) words.push(`${item.name}: ${item.failure.message}`);
    return words.join(" ");
  }
}
