/* Uploads that a reload, a crash or another day left open: the server keeps their parts, and the same
   file, chosen or dropped again, goes on where it stopped. */

import { abortUpload, openUpload, openUploads } from "./api.js";
import { matches } from "./fingerprint.js";
import { bytes, number, share } from "./format.js";
import { heldAnywhere, hold } from "./lock.js";
import { difference } from "./wrong-file.js";

const AT_ONCE = 5; // uploads that the server looks up at a time
const SHOWN = 5; // at first; more on demand
const RARELY = 30_000; // milliseconds between two looks when the page comes to the front

export class Unfinished {
  #open = new Map(); // id → {open, row}
  #elsewhere = new Map(); // id → open, of those that another tab has in its queue
  #claimed = new Set(); // ids of those that are about to be queued here
  #looked = -Infinity;
  #asking = 0;
  #unasked = [];
  #most = SHOWN;
  #later = null;

  /* pick(): a promise of one file, or null; tell(text): a line about what happened. */
  constructor({ queue, section, template, folder, pick, ask, tell }) {
    Object.assign(this, { queue, section, template, folder, pick, ask, tell });
    this.list = section.querySelector("ol");
    this.more = section.querySelector("[data-more]");
    this.more.addEventListener("click", () => this.#showMore());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && performance.now() - this.#looked > RARELY) this.look();
    });
    queue.addEventListener("signed-in", () => this.look());
    queue.addEventListener("removed", ({ detail }) => this.#removed(detail));
    this.ready = this.look();
  }

  /* Whatever is open on the server and is on its way nowhere. A failure leaves the list as it is. */
  async look() {
    this.#looked = performance.now();
    try {
      const open = await openUploads();
      const held = await heldAnywhere(); // asked last: a page that is left lets go of its own late
      const here = this.#here();
      const others = open.filter(({ id }) => !here.has(id));
      this.#elsewhere = new Map(
        others.filter(({ id }) => held.has(id)).map((one) => [one.id, { ...one, elsewhere: true }]),
      );
      this.#show(others.filter(({ id }) => !held.has(id)));
    } catch {
      // Offline, signed out or no server: the next look may find them.
    }
  }

  /* Looks again if another tab has begun something since, or has ended. */
  async renew() {
    await this.ready;
    const here = this.#here();
    const held = [...(await heldAnywhere())].filter((id) => !here.has(id));
    const known = held.filter((id) => this.#elsewhere.has(id));
    if (known.length < Math.max(held.length, this.#elsewhere.size)) await this.look();
  }

  #here() {
    return new Set([...this.#claimed, ...Array.from(this.queue.items, ({ transfer }) => transfer.id)]);
  }

  /* What a failed upload left in S3 is unfinished from now on; of many, once. */
  #removed({ state, transfer }) {
    if (state !== "failed" || !transfer.id) return;
    this.#later ??= setTimeout(() => {
      this.#later = null;
      this.look();
    });
  }

  /* The open upload that this file for this path continues, which is then no longer unfinished; or null.
     elsewhere: another tab has it, and the engine will say so. Whoever claims it releases it. */
  async claim(path, file) {
    for (const open of this.#all()) {
      if (open.path === path && open.size === file.size && (await matches(open, file))) {
        this.#forget(open.id);
        this.#claimed.add(open.id);
        return open;
      }
    }
    return null;
  }

  /* What was claimed is in the queue by now, or is unfinished as before. */
  release(uploads) {
    for (const { id } of uploads) this.#claimed.delete(id);
    const here = this.#here();
    if (uploads.some(({ id }) => !here.has(id))) this.look();
  }

  *#all() {
    yield* this.#elsewhere.values();
    for (const { open } of this.#open.values()) yield open;
  }

  #show(uploads) {
    const ids = new Set(uploads.map(({ id }) => id));
    for (const id of this.#open.keys()) if (!ids.has(id)) this.#forget(id);
    for (const open of uploads) {
      if (!this.#open.has(open.id)) this.#open.set(open.id, { open, row: null });
    }
    this.#draw();
  }

  #forget(id) {
    this.#open.get(id)?.row?.remove();
    this.#open.delete(id);
    this.#draw();
  }

  #draw() {
    const hidden = this.#open.size - this.#most;
    for (const one of [...this.#open.values()].slice(0, this.#most)) {
      if (one.row) continue;
      one.row = this.#row(one.open);
      this.list.append(one.row);
      this.#unasked.push(one);
    }
    this.section.hidden = this.#open.size === 0;
    this.more.hidden = hidden <= 0;
    this.more.textContent = `Show ${number(Math.max(hidden, 0))} more`;
    this.#askNext();
  }

  #row(open) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const part = (selector) => row.querySelector(selector);
    part(".name").textContent = open.path;
    part(".said").textContent = words(open);
    for (const button of row.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent.trim()}: ${open.path}`);
      button.addEventListener("click", () => this[`_${button.dataset.do}`](open));
    }
    return row;
  }

  /* How much S3 holds takes a call to it for each: few at a time. */
  #askNext() {
    while (this.#asking < AT_ONCE && this.#unasked.length) this.#askAbout(this.#unasked.shift());
  }

  async #askAbout({ open, row }) {
    this.#asking += 1;
    try {
      Object.assign(open, await openUpload(open.id));
      row.querySelector(".said").textContent = words(open);
    } catch (failure) {
      if (failure.gone || failure.status === 409) this.#forget(open.id);
    }
    this.#asking -= 1;
    this.#askNext();
  }

  #showMore() {
    const last = this.list.lastElementChild;
    this.#most = Infinity;
    this.#draw();
    last.nextElementSibling?.querySelector("button").focus();
  }

  async _choose(open) {
    const file = await this.pick();
    if (!file) return;
    const wrong = await difference(open, file);
    const one = this.#open.get(open.id);
    if (wrong && one) {
      const problem = one.row.querySelector(".problem");
      problem.textContent = wrong;
      problem.hidden = false;
    } else if (one) {
      this.#forget(open.id);
      const { path, on_conflict: onConflict } = open;
      const name = path.startsWith(this.folder) ? path.slice(this.folder.length) : path;
      this.queue.add([{ file, name, path, onConflict, resume: open }]);
      document.querySelector("#queue h2").focus();
    }
  }

  async _discard(open) {
    const answer = await this.ask({
      title: `Discard what is stored of “${open.name}”?`,
      text: open.stored_bytes ? `${bytes(open.stored_bytes)} would have to be sent again.` : "",
      choices: [
        { value: "", label: "Keep it" },
        { value: "discard", label: "Discard", danger: true },
      ],
    });
    if (answer !== "discard") return;
    const letGo = await hold(open.id);
    try {
      if (letGo) await abortUpload(open.id);
      else this.tell(`“${open.name}” is not discarded: another tab or window is sending it.`);
      this.#forget(open.id);
      document.querySelector("#pick").focus();
    } catch (failure) {
      this.tell(`“${open.name}” is not discarded: ${failure.message}`);
    }
    letGo?.();
  }
}

const begun = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function words({ size, stored_bytes: stored, created_at: since }) {
  let much = bytes(size);
  if (stored) much = `${bytes(stored)} of ${bytes(size)} stored (${share(stored, size)})`;
  else if (stored === 0) much = `nothing of ${bytes(size)} stored`;
  return `${much} · begun ${begun.format(new Date(since))}`;
}
