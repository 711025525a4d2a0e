/* From what was chosen, dropped or pasted to what is sent: leaves out what nobody means, continues what
   was left unfinished, and asks about names that are taken. */

import { decide, taken } from "./conflicts.js";
import { files, firstNames, number } from "./format.js";
import { isJunk } from "./junk.js";
import { getReady, hashAhead } from "./ready.js";

const CHUNK = 500; // files that become rows of the queue before the page gets a turn
const SOON = 400; // milliseconds in which most additions are through: until then nothing is said

export class Adding {
  #last = Promise.resolve();
  #coming = 0; // additions that are not through

  /* tell(text): shows a line about the addition; "" takes it away. */
  constructor({ queue, unfinished, ask, tell }) {
    Object.assign(this, { queue, unfinished, ask, tell });
  }

  /* Whether something was chosen that is not in the queue yet. */
  get busy() {
    return this.#coming > 0;
  }

  /* coming: {found: [{file, name}], unreadable}, or a promise of it. One addition after the other. */
  add(coming, folder) {
    this.#coming += 1;
    const through = () => (this.#coming -= 1);
    this.#last = this.#last.then(() => this.#add(coming, folder)).catch(reportError).finally(through);
    return this.#last;
  }

  async #add(coming, folder) {
    const slow = setTimeout(() => this.tell("Looking at the files…"), SOON);
    const notes = [];
    const going = []; // entries that an unfinished upload waits for
    try {
      const { found, unreadable } = await coming;
      if (unreadable) notes.push(`${files(unreadable)} could not be read.`);
      getReady(found);
      await this.unfinished.renew();
      const entries = meant(found, notes).map(({ file, name }) => entryOf(file, name, folder));
      const fresh = await this.#split(entries, going);
      const resumed = going.filter(({ resume }) => !resume.elsewhere);
      if (resumed.length) notes.push(goesOn(resumed));
      if (!this.queue.moving.count) hashAhead(fresh); // otherwise others need the line, and the workers
      const decided = await this.#settle(fresh, folder, slow, notes);
      if (decided) await this.#send([...going, ...decided], notes);
    } finally {
      clearTimeout(slow);
      this.unfinished.release(going.map(({ resume }) => resume));
      this.tell(notes.join(" "));
    }
  }

  /* Those that no unfinished upload waits for; the others are added to `going`. */
  async #split(entries, going) {
    const fresh = [];
    for (const entry of entries) {
      entry.resume = await this.unfinished.claim(entry.path, entry.file);
      (entry.resume ? going : fresh).push(entry);
    }
    return fresh;
  }

  /* What is left to send after the question about taken names; null: nothing at all. */
  async #settle(entries, folder, slow, notes) {
    const conflicting = await this.#taken(entries, slow, {
      onCompare: (done, of) => {
        if (done % 100 === 0) this.tell(`Comparing with what is here: ${number(done)} of ${files(of)}…`);
      },
      onUnknown: () => notes.push("Could not look for taken names: those are numbered."),
    });
    if (!conflicting.length) return entries;
    clearTimeout(slow);
    this.tell("");
    const answer = await decide(this.ask, conflicting, entries.length, folder);
    if (!answer) {
      notes.splice(0, Infinity, "Nothing was added.");
      return null;
    }
    const there = new Set(conflicting);
    if (answer === "skip") {
      notes.push(`${files(conflicting.length)} skipped.`);
      return entries.filter((entry) => !there.has(entry));
    }
    for (const entry of conflicting) entry.onConflict = answer;
    if (answer === "replace") onlyOnce(entries);
    return entries;
  }

  /* See conflicts.js. Nobody can be asked before they are signed in again. */
  async #taken(entries, slow, hooks) {
    for (;;) {
      try {
        return await taken(entries, hooks);
      } catch (failure) {
        if (!failure.signIn) throw failure;
        clearTimeout(slow);
        this.tell("What you chose is added once you are signed in again.");
        const signedIn = new Promise((resolve) => this.queue.addEventListener("signed-in", resolve, { once: true }));
        this.queue.signOut(failure);
        await signedIn;
      }
    }
  }

  async #send(entries, notes) {
    const same = entries.filter(({ identical }) => identical).length;
    if (same) notes.push(`${files(same)} not sent: the same ${same === 1 ? "is" : "are"} here already.`);
    for (let at = 0; at < entries.length; at += CHUNK) {
      this.queue.add(entries.slice(at, at + CHUNK));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

/* Of two files for one path, the second would replace the first: it is numbered. So it is beside one that
   is there already. */
function onlyOnce(entries) {
  const settled = new Set(entries.filter(({ identical }) => identical).map(({ path }) => path));
  for (const entry of entries) {
    if (settled.has(entry.path)) entry.onConflict = "rename";
    settled.add(entry.path);
  }
}

function goesOn(entries) {
  const names = firstNames(entries.map(({ name }) => name));
  return entries.length === 1 ? `${names} goes on where it stopped.` : `${names} go on where they stopped.`;
}

const entryOf = (file, name, folder) => ({
  file,
  name,
  path: asKept(folder + name),
  onConflict: "rename",
  resume: null,
  identical: null,
  replaces: "",
});

/* As the site keeps a path: it drops white space at either end of a name. */
const asKept = (path) =>
  path
    .normalize("NFC")
    .split("/")
    .map((part) => part.trim())
    .join("/");

function meant(found, notes) {
  const kept = found.filter(({ name }) => !isJunk(name));
  const left = found.filter(({ name }) => isJunk(name));
  const names = [...new Set(left.map(({ name }) => name.split("/").at(-1)))].join(", ");
  if (left.length) notes.push(`Left out: ${number(left.length)} hidden system ${noun(left.length)} (${names}).`);
  return kept;
}

const noun = (count) => (count === 1 ? "file" : "files");
