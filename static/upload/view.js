/* The queue on the page. Names are set as text, never as markup. */

import { Announcer } from "./announcer.js";
import { bytes, files, Meter, speed, timeLeft } from "./format.js";

const TICK = 200; // milliseconds between two pictures of the progress
const SEPARATOR = " · ";

export class View {
  #rows = new Map(); // item → its elements
  #stale = new Set();
  #timer = null;
  #meter = new Meter();

  constructor(queue, { section, template, announcer, signInUrl }) {
    Object.assign(this, { queue, section, template, signInUrl });
    this.list = section.querySelector("ol");
    this.heading = section.querySelector("h2");
    this.news = new Announcer(announcer, queue);
    queue.addEventListener("added", ({ detail }) => this.#add(detail));
    queue.addEventListener("removed", ({ detail }) => this.#remove(detail));
    queue.addEventListener("changed", ({ detail }) => this.#change(detail));
    queue.addEventListener("progress", ({ detail }) => this.#schedule(detail));
    section.addEventListener("click", (event) => this.#click(event));
  }

  #add(items) {
    const rows = document.createDocumentFragment();
    for (const item of items) rows.append(this.#row(item));
    this.list.append(rows);
    this.section.hidden = false;
    this.#drawTotal();
  }

  #row(item) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const part = (selector) => row.querySelector(selector);
    const bar = part("progress");
    part(".name").textContent = item.name;
    bar.setAttribute("aria-label", `Progress of ${item.name}`);
    for (const button of row.querySelectorAll("[data-do]")) {
      button.setAttribute("aria-label", `${button.textContent.trim()} ${item.name}`);
      button.addEventListener("click", () => this.queue[button.dataset.do](item));
    }
    part(".sign-in").href = this.signInUrl;
    this.#rows.set(item, { row, bar, state: part(".said"), signIn: part(".sign-in") });
    this.#draw(item);
    return row;
  }

  #remove(item) {
    const { row } = this.#rows.get(item);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    this.#rows.delete(item);
    this.#stale.delete(item);
    this.section.hidden = !this.queue.items.length;
    this.#drawTotal();
    if (!hadFocus) return;
    const next = neighbour?.querySelector("[data-do]:not([hidden])");
    (next ?? document.querySelector("#pick")).focus();
  }

  #change(item) {
    this.#draw(item);
    this.#drawTotal();
  }

  /* Progress comes by the hundred a second; drawing it takes its time. */
  #schedule(item) {
    this.#stale.add(item);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      for (const one of this.#stale) this.#draw(one);
      this.#stale.clear();
      this.#drawTotal();
    }, TICK);
  }

  #draw(item) {
    const { row, bar, state, signIn } = this.#rows.get(item) ?? {};
    if (!row) return;
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    row.dataset.state = item.state;
    bar.value = item.size ? item.sent / item.size : 0;
    state.textContent = said(item);
    signIn.hidden = !item.failure?.signIn;
    for (const button of row.querySelectorAll("[data-do]")) {
      button.hidden = !offered(button.dataset.do, item);
    }
    // A button that goes must not take the keyboard's place with it.
    if (focused?.hidden) (row.querySelector("[data-do]:not([hidden])") ?? this.heading).focus();
  }

  #drawTotal() {
    const { items, unfinished } = this.queue;
    const counted = items.filter((item) => item.state !== "cancelled");
    const sent = sum(counted, "sent");
    const size = sum(counted, "size");
    const done = items.filter((item) => item.state === "done").length;
    const part = (name) => this.section.querySelector(`[data-total="${name}"]`);
    const failed = items.filter((item) => item.state === "failed").length;
    const words = counted.length ? [`${done} of ${files(counted.length)} uploaded`] : ["Cancelled"];
    if (failed) words.push(`${failed} failed`);
    if (unfinished.length) {
      this.#meter.add(sent);
      words.push(...pace(sent, size, this.#meter));
    } else this.#meter.forget();
    part("said").textContent = words.join(SEPARATOR);
    part("bar").value = size ? sent / size : 0;
    part("bar").hidden = unfinished.length === 0 || items.length < 2;
    part("cancel").hidden = unfinished.length < 2;
    part("retry").hidden = items.filter(isFailed).length < 2;
    part("remove").hidden = unfinished.length === items.length;
  }

  /* The head's buttons act on all rows at once. */
  #click({ target }) {
    const button = target.closest("button[data-total]");
    if (!button) return;
    const action = button.dataset.total;
    const meant = action === "retry" ? isFailed : () => true;
    for (const item of this.queue.items.filter(meant)) this.queue[action](item);
    if (button.hidden || this.section.hidden) document.querySelector("#pick").focus();
  }
}

const sum = (items, property) => items.reduce((total, item) => total + item[property], 0);

const isFailed = (item) => item.state === "failed" && item.retryable;

function offered(action, item) {
  if (action === "cancel") return item.cancellable;
  if (action === "retry") return item.retryable;
  return !item.unfinished;
}

function pace(sent, size, meter) {
  const { rate } = meter;
  const words = [`${bytes(sent)} of ${bytes(size)}`];
  if (rate > 0) words.push(speed(rate), timeLeft((size - sent) / rate));
  return words;
}

/* What a row says of its file. */
function said(item) {
  switch (item.state) {
    case "waiting":
      return `Waiting${SEPARATOR}${bytes(item.size)}`;
    case "sending":
      return item.sent ? pace(item.sent, item.size, item.meter).join(SEPARATOR) : "Starting…";
    case "offline":
      return "You are offline. It goes on when the connection is back.";
    case "finishing":
      return "Finishing…";
    case "done":
      return stored(item);
    case "cancelled":
      return "Cancelled";
    default:
      return item.failure?.message ?? "Failed";
  }
}

function stored(item) {
  const wished = item.name.split("/").at(-1).normalize("NFC");
  const name = item.stored?.name ?? wished;
  const as = name === wished ? "" : ` as “${name}”`;
  return `Uploaded${as}${SEPARATOR}${bytes(item.size)}`;
}
