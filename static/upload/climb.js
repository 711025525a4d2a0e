/* How many PUTs at once: one more while that brings more, one fewer while that costs nothing, and half as
   many when the storage or the line gives way. Pure: it is told what happens, and when (milliseconds). */

import { BUFFERS } from "./lane.js";
import { Look } from "./look.js";
import { Trouble } from "./trouble.js";

/* Two at first: on a slow line all parts in flight would end together, late, and a reload before would lose
   them all. On a fast one the others follow within half a second. */
const START = 2;
const LEAP = 6; // all the others at once, when the first two turn out not to be slow
/* One goes on when the other stalls; troubles may leave one. */
const LEAST = 2;
/* Bytes per millisecond: with three lanes, parts of 5 MiB would take more than ten seconds each, and what is
   in flight is much to lose. */
const SLOW = 1500;
const FAST = 4 * SLOW; // more than the buffers of a system make of a slow line; those of a proxy nearby may

const GAIN = 1.08; // a lane more has to bring at least this much …
/* … and a leap this: the first look, which it is compared with, is a short one. It may be as wrong either way: small
   parts make it seem slower than it was, and buffers that were still filling three times as fast. */
const GAIN_OF_LEAP = 1.3;
const LOSS = 0.97; // what a lane fewer may cost
const SETTLE = 250; // after a change, until connections stand
const SETTLED = 4000; // after so long buffers are full at any rate
const FIRST_LOOK = 350; // measured before the leap: a line with room for several times as much shows that soon …
const GLANCE = 100; // … or at once
const SPEEDING_UP = 1.5; // connections begin slowly: while each look shows so much more, the line may be anything
const LOOK = 1500; // measured otherwise, where little matters
const AGAIN = 10_000; // a step that did not help is tried again after this, then after twice as long …
const AGAIN_IF_SLOW = 60_000; // … the first time, since a part takes long to tell
const LONGEST = 300_000; // … and so on up to here
const RECOVER = 3000; // after trouble
const PROVEN = 30_000; // a lane that has brought more is not doubted for so long

export class Climb {
  #lanes;
  #most;
  #trying = 0; // lanes more, or fewer; 0: measuring what there is
  #step;
  #look = new Look();
  #trouble = new Trouble();
  #base = 0; // work per millisecond with the lanes that are being improved on
  #glimpsed = 0; // the same, while connections speed up
  #rateOfLeap = 0; // the same with a leap that seemed to bring little: buffers may have flattered the base
  #pause = AGAIN;
  #upAfter = -Infinity;
  #downAfter = null; // not at once, unless going up did not help
  #proven; // whether fewer lanes are known to be worse

  /* most(): how many there may be. lanes: what was best another day. */
  constructor(most, lanes = 0) {
    this.#most = most;
    this.#proven = lanes > 0;
    this.#step = lanes > 0 ? 1 : LEAP;
    this.lanes = lanes || START;
  }

  get lanes() {
    return Math.min(this.#lanes, this.#most());
  }

  set lanes(count) {
    this.#lanes = count;
  }

  /* The lanes without those that are being tried: what may be remembered. */
  get settled() {
    return Math.min(this.#lanes - this.#trying, this.#most());
  }

  /* A lane did so much in so long, while all of them were in use. */
  add(work, time, now) {
    if (!this.#look.add(work, time, now)) return;
    const rate = this.#look.rate(this.lanes);
    if (this.#look.isOver(this.#span(rate), this.lanes, now)) this.#judge(rate, now);
  }

  #span(rate) {
    if (this.#base) return LOOK;
    return this.#step > 1 && rate >= FAST ? GLANCE : FIRST_LOOK;
  }

  /* Measures afresh: what was done lately had not all lanes to do it. */
  again(now, settle = this.#base ? SETTLE : 0) {
    this.#look.again(now + settle);
  }

  succeeded() {
    this.#trouble.succeeded();
  }

  /* A PUT stalled, or was turned away because there are too many. */
  failed(now) {
    if (!this.#trouble.failed(now)) return;
    this.lanes = Math.max(1, Math.floor(this.lanes / 2));
    this.#trying = this.#rateOfLeap = this.#glimpsed = 0;
    this.#upAfter = now + RECOVER;
    this.again(now);
  }

  #judge(rate, now) {
    if (!this.#base && this.#speedsUp(rate)) return this.again(now);
    if (this.#trying > 0) this.#judgeMore(rate, now);
    else if (this.#trying < 0) this.#judgeFewer(rate, now);
    else this.#measured(rate, now);
    this.#downAfter ??= now + PROVEN;
    this.#trying = this.#next(now);
    this.lanes += this.#trying;
    this.again(now, this.#settle);
  }

  #speedsUp(rate) {
    const before = this.#glimpsed;
    this.#glimpsed = rate;
    return rate < FAST && rate >= SPEEDING_UP * before;
  }

  /* New connections seem fast until their buffers are full. */
  get #settle() {
    const filling = (Math.max(this.#trying, 0) * BUFFERS) / this.#base;
    return Math.min(SETTLE + filling, SETTLED);
  }

  #measured(rate, now) {
    // A first look is short. After a leap that was undone this one, a long one, says whether it was worth it.
    const early = this.#rateOfLeap > 0 || (!this.#base && this.#step > 1);
    const worthIt = this.#rateOfLeap >= rate * GAIN_OF_LEAP;
    this.#base = rate;
    this.#rateOfLeap = 0;
    if (worthIt) this.#tryNext(LEAP, now, AGAIN);
    else if (early && (rate / this.lanes) * START < SLOW) {
      this.#tryNext(1, now + AGAIN_IF_SLOW, 2 * AGAIN_IF_SLOW);
    }
  }

  /* pause: from that try to the one after it, if it does not help. */
  #tryNext(step, at, pause) {
    this.#step = step;
    this.#upAfter = at;
    this.#pause = Math.min(pause, LONGEST);
  }

  #judgeMore(rate, now) {
    const leapt = this.#trying > 1;
    if (rate >= this.#base * (leapt ? GAIN_OF_LEAP : GAIN)) {
      this.#base = rate;
      this.#pause = AGAIN;
      this.#proven = true;
      this.#prove(now);
      return;
    }
    this.lanes = Math.max(this.lanes - this.#trying, LEAST);
    if (leapt) this.#rateOfLeap = rate;
    this.#tryNext(1, now + this.#pause, this.#pause * 2);
    if (!this.#proven) this.#downAfter = now;
  }

  #judgeFewer(rate, now) {
    // The base stays: many small losses are a large one.
    this.#proven = rate < this.#base * LOSS;
    if (!this.#proven) return;
    this.lanes += 1;
    this.#prove(now);
  }

  #prove(now) {
    this.#downAfter = now + PROVEN;
  }

  #next(now) {
    const room = this.#most() - this.lanes;
    if (room && now >= this.#upAfter) return Math.min(this.#step, room);
    if (this.lanes > LEAST && now >= this.#downAfter) return -1;
    return 0;
  }
}
