/* A look at how fast the lanes are. Pure: work is bytes, times are milliseconds. */

export class Look {
  #from = null; // when it begins: with the first work, unless it is told
  #work = 0;
  #time = 0; // of lanes, together
  #told = 0; // how often work was told of

  /* Another look: what was done before `from` does not count. */
  again(from) {
    this.#from = from;
    this.#work = this.#time = this.#told = 0;
  }

  /* A lane did so much in so long. The time is the lane's own, so that it does not count which of them happen
     to be between two parts. Says whether it counts. */
  add(work, time, now) {
    this.#from ??= now - time;
    if (now - time < this.#from) return false;
    this.#work += work;
    this.#time += time;
    this.#told += 1;
    return true;
  }

  /* Work per millisecond of so many lanes. */
  rate(lanes) {
    return (this.#work / this.#time) * lanes;
  }

  /* Whether so many lanes have been looked at for so long; those that are through first are the fast ones. */
  isOver(span, lanes, now) {
    return now - this.#from >= span && this.#time >= span && this.#told >= lanes;
  }
}
