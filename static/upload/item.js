/* One file of the queue: its state, and what a person may do with it. */

import { Meter } from "./meter.js";

/* waiting → sending → finishing → done. sending may pause (by hand), be offline (by itself) or signed-out
   (until the next sign-in), and goes on. Before finishing, which the server may have done already, also →
   cancelled; from any of them → failed. identical is stored already, and not sent. */
export const STATES = [
  "waiting",
  "sending",
  "offline",
  "finishing",
  "signed-out",
  "paused",
  "identical",
  "failed",
  "cancelled",
  "done",
];
const STOPPABLE = new Set(["waiting", "sending", "offline", "signed-out"]);
/* Its turn comes by itself, or is now. */
const MOVING = new Set([...STOPPABLE, "finishing"]);
/* Whose bytes make up the total: what is refused, left out or given up is not waited for. */
const COUNTED = new Set([...MOVING, "paused", "done"]);

export class Item {
  state = null;
  failure = null;
  stored = null; // the API's description, once done
  controller = null; // of the run under way
  stalled = false;
  finishing = false; // its completion has been asked for, and may have happened, online or not
  place = 0; // where the list shows it: smaller is higher
  meter = new Meter();

  /* entry: {file, name, path, onConflict, replaces, resume, identical}. name: with its folders if it came in one;
     path: where it goes; resume: the open upload that it continues; identical: the file that is stored. */
  constructor(entry, Transfer) {
    this.entry = entry;
    this.Transfer = Transfer;
    this.take(entry.file);
  }

  /* This file, from the beginning; it may be a newer version of the one before. */
  take(file) {
    const { path, onConflict, replaces, resume = null } = this.entry;
    this.file = file;
    this.size = file.size;
    this.transfer = new this.Transfer(file, path, { onConflict, replaces, resume });
    this.kind = this.transfer.small ? "small" : "large"; // small ones travel by the hundred
    this.wired = 0;
  }

  /* Another file in the place of this one, whose upload is given up. */
  exchange(file) {
    this.transfer.discard();
    this.entry.resume = null; // that was of the file before
    this.take(file);
  }

  /* The signal that stops the run. */
  begin() {
    this.meter.forget();
    this.finishing = false;
    this.controller = new AbortController();
    return this.controller.signal;
  }

  end() {
    this.controller = null;
    this.finishing = false;
  }

  get name() {
    return this.entry.name;
  }

  get sent() {
    return this.state === "done" ? this.size : Math.min(this.transfer.sent, this.size);
  }

  /* Bytes that went out since this was asked last: what a resumed upload finds stored did not. */
  newlyWired() {
    const before = this.wired;
    this.wired = this.transfer.bytesSent;
    return this.wired - before;
  }

  get comparing() {
    return this.transfer.comparing;
  }

  /* The state of its run while all is well. */
  get going() {
    return this.finishing ? "finishing" : "sending";
  }

  get moving() {
    return MOVING.has(this.state);
  }

  get counted() {
    return COUNTED.has(this.state);
  }

  /* The names of the buttons of its row that make sense now. */
  may(action) {
    const { state } = this;
    switch (action) {
      case "first":
      case "up":
      case "down":
        return state === "waiting" && !this.controller;
      case "pause":
        return STOPPABLE.has(state) && !this.finishing;
      case "resume":
        return state === "paused";
      case "cancel":
        return (STOPPABLE.has(state) && !this.finishing) || state === "paused";
      case "retry":
        return state === "cancelled" || (state === "failed" && this.failure.retryable);
      case "choose":
        return state === "failed" && Boolean(this.failure.changed);
      case "anyway":
        return state === "identical";
      case "remove":
        return !this.moving && state !== "paused";
      default:
        return false;
    }
  }
}
