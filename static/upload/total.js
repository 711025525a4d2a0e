/* What the queue as a whole says, and the buttons that act on all rows at once. */

import { bytes, files, number } from "./format.js";
import { Meter } from "./meter.js";
import { pace, SEPARATOR, soFar } from "./said.js";

const BIG = 100 * 1024 * 1024; // bytes that nobody wants to send twice because of a slip
const MANY = 10;
const RUNNING = ["waiting", "sending", "offline", "signed-out", "finishing"];
/* The buttons: the states that they act on, and from how many on they are there. */
const BUTTONS = {
  pause: { states: ["waiting", "sending", "offline", "signed-out"], from: 2 },
  resume: { states: ["paused"], from: 2 },
  retry: { states: ["failed"], from: 2 },
  anyway: { states: ["identical"], from: 2 },
  cancel: { states: [...RUNNING, "paused"], from: 2 },
  remove: { states: ["done", "cancelled", "identical", "failed"], from: 1 },
};

/* What is counted apart, and how it is called. */
const APART = {
  failed: "failed",
  paused: "paused",
  identical: "not sent: here already",
  cancelled: "cancelled",
};

export class Total {
  #meter = new Meter();

  constructor(queue, section, ask) {
    Object.assign(this, { queue, section, ask });
    this.parts = new Map(
      [...section.querySelectorAll("[data-total]")].map((part) => [part.dataset.total, part]),
    );
    for (const action of Object.keys(BUTTONS)) {
      this.parts.get(action).addEventListener("click", () => this.#act(action));
    }
  }

  /* rows: how many files have one. */
  draw(rows) {
    const { queue, parts } = this;
    if (queue.moving.count) this.#meter.add(queue.delivered);
    else this.#meter.forget();
    write(parts.get("said"), this.#words().join(SEPARATOR));
    const bar = parts.get("bar");
    bar.hidden = queue.moving.count + queue.count("paused") === 0 || queue.items.size < 2;
    bar.value = queue.total.size ? queue.total.sent / queue.total.size : 0;
    for (const [action, { states, from }] of Object.entries(BUTTONS)) {
      parts.get(action).hidden = queue.count(...states) < from;
    }
    this.#drawRest(rows);
  }

  #words() {
    const { queue } = this;
    const { total, moving } = queue;
    const known = total.count + queue.count("failed");
    const words = known ? [`${number(queue.count("done"))} of ${files(known)} uploaded`] : [];
    if (moving.count) {
      words.push(...soFar(total.sent, total.size));
      if (!queue.signedOut) words.push(...pace(moving.size - moving.sent, this.#meter));
    }
    for (const [state, word] of Object.entries(APART)) {
      if (queue.count(state)) words.push(`${number(queue.count(state))} ${word}`);
    }
    return words;
  }

  #drawRest(rows) {
    const { queue, parts } = this;
    const rest = queue.items.size - rows;
    parts.get("rest").hidden = rest === 0;
    if (!rest) return;
    const waiting = Math.min(rest, queue.count("waiting"));
    const through = Math.min(rest - waiting, queue.count("done"));
    const words = [
      [waiting, "waiting"],
      [through, "uploaded"],
      [rest - waiting - through, "under way or to look at"],
    ];
    const told = words.filter(([count]) => count).map(([count, word]) => `${number(count)} ${word}`);
    write(parts.get("rest-said"), `And ${number(rest)} more: ${told.join(", ")}.`);
  }

  async #act(action) {
    const items = [...this.queue.in(...BUTTONS[action].states)];
    if (action === "cancel" && !(await this.isMeant(items))) return;
    const button = this.parts.get(action);
    this.queue.each(action, items);
    this.draw(this.section.querySelectorAll(".upload").length);
    if (button.hidden) this.section.querySelector("h2").focus();
  }

  /* Whether to cancel these: asked where it throws much away. */
  async isMeant(items) {
    const lost = items.reduce((sum, item) => sum + item.sent, 0);
    const big = items.filter(({ size }) => size >= BIG).length;
    if (lost < BIG && items.length <= MANY && big < 2) return true;
    const answer = await this.ask({
      title: `Cancel ${files(items.length)}?`,
      text: lost ? `${bytes(lost)} that are stored already will be thrown away.` : "",
      choices: [
        { value: "no", label: "Go on uploading" },
        { value: "yes", label: items.length === 1 ? "Cancel it" : "Cancel all", danger: true },
      ],
    });
    return answer === "yes";
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
