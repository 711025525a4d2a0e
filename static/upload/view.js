/* The queue on the page: which rows there are, and when they are drawn. */

import { Announcer } from "./announcer.js";
import { Row } from "./row.js";
import { choose, PAGE } from "./shown.js";
import { Total } from "./total.js";

const TICK = 200; // milliseconds between two pictures: progress comes by the hundred a second
const PULSE = 1000; // and at least so often while something is under way, for the speed

export class View {
  #rows = new Map(); // item → its row
  #stale = new Set(); // items whose row says something old
  #timer = null;
  #pulse = null;
  #drawn = -Infinity; // when
  #most = PAGE;

  /* pick(): a promise of one file that the person chooses, or null; ask: see ask.js. */
  constructor(queue, { section, template, announcer, pick, ask }) {
    Object.assign(this, { queue, section, template, pick });
    this.list = section.querySelector("ol");
    this.news = new Announcer(announcer, queue);
    this.total = new Total(queue, section, ask);
    for (const type of ["changed", "progress"]) {
      queue.addEventListener(type, ({ detail }) => this.#schedule(detail));
    }
    for (const type of ["added", "removed"]) queue.addEventListener(type, () => this.#schedule());
    queue.addEventListener("ordered", ({ detail }) => this.#reorder(detail));
    section.addEventListener("keydown", (event) => this.#key(event));
    section.querySelector("[data-more]").addEventListener("click", () => this.#showMore());
  }

  #schedule(item) {
    if (item) this.#stale.add(item);
    const wait = Math.max(0, this.#drawn + TICK - performance.now());
    this.#timer ??= setTimeout(() => this.#draw(), wait);
  }

  #draw() {
    clearTimeout(this.#timer);
    clearTimeout(this.#pulse);
    this.#timer = null;
    this.#drawn = performance.now();
    this.section.hidden = this.queue.items.size === 0;
    this.#fit();
    for (const item of this.#stale) this.#rows.get(item)?.draw();
    this.#stale.clear();
    this.#measure();
    this.total.draw(this.#rows.size);
  }

  /* Speeds sink while nothing comes, too. */
  #measure() {
    if (!this.queue.moving.count) return;
    for (const item of this.#rows.keys()) {
      if (item.state !== "sending") continue;
      item.meter.add(item.wired);
      this.#stale.add(item);
    }
    this.#pulse = setTimeout(() => this.#draw(), PULSE);
  }

  /* Rows for those that should have one, in order; what is there already stays where it is. */
  #fit() {
    const focused = [...this.#rows.values()].find((row) => row.hasFocus);
    const held = this.queue.items.has(focused?.item) ? focused.item : null;
    const items = choose(this.queue, this.#rows.keys(), this.#most, held);
    const wanted = new Set(items);
    let heir = null; // of the focus, when the row that has it goes
    for (const [item, row] of this.#rows) {
      if (wanted.has(item)) continue;
      if (row === focused) heir = row.element.nextElementSibling ?? row.element.previousElementSibling;
      row.element.remove();
      this.#rows.delete(item);
    }
    let next = this.list.firstElementChild;
    for (const item of items) {
      const element = (this.#rows.get(item) ?? this.#row(item)).element;
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
    if (focused && !held) this.#bequeath(heir);
  }

  #row(item) {
    const row = new Row(item, this.template, (...what) => this.#act(...what));
    this.#rows.set(item, row);
    return row;
  }

  #bequeath(element) {
    const button = element?.isConnected && element.querySelector("[data-do]:not([hidden])");
    (button || document.querySelector("#pick")).focus();
  }

  async #act(action, item, row) {
    if (action === "copy") {
      await navigator.clipboard.writeText(item.transfer.proof.sha256);
      this.news.say("The SHA-256 is copied.");
    } else if (action === "choose") {
      const file = await this.pick();
      if (file) this.queue.replace(item, file);
    } else if (action !== "cancel" || (await this.total.isMeant([item]))) {
      this.queue[action](item);
      // Drawn at once: whoever pressed it sees it, and the focus finds its place.
      this.#draw();
      row.draw();
    }
  }

  /* Moving a row in the list takes the focus from it. */
  #reorder(item) {
    const { activeElement } = document;
    this.#draw();
    if (this.#rows.get(item)?.element.contains(activeElement)) activeElement.focus();
  }

  #key(event) {
    const action = { ArrowUp: "up", ArrowDown: "down", Home: "first" }[event.key];
    const row = [...this.#rows.values()].find((one) => one.hasFocus);
    if (!event.altKey || !action || !row) return;
    event.preventDefault();
    this.queue[action](row.item);
  }

  #showMore() {
    this.#most += PAGE;
    const last = this.list.lastElementChild;
    this.#draw();
    (last.nextElementSibling?.querySelector("[data-do]:not([hidden])") ?? last).focus();
  }
}
