/* When so many PUTs fail that it is no noise. Pure: times are milliseconds. */

const CALM = 0.1; // a PUT that went well outweighs a tenth of one that did not: 1 % of them is noise
const TROUBLE = 2; // and so many at once are not
const APART = 1000; // what fails together is one trouble

export class Trouble {
  #failures = 0;
  #last = -Infinity; // when something gave way

  succeeded() {
    this.#failures = Math.max(0, this.#failures - CALM);
  }

  /* Says whether something has to give way now. */
  failed(now) {
    this.#failures += 1;
    if (this.#failures < TROUBLE || now - this.#last < APART) return false;
    this.#failures = TROUBLE - 1;
    this.#last = now;
    return true;
  }
}
