/* A sum over some of the items, kept up to date as each of them changes. */

export class Tally {
  count = 0;
  size = 0;
  sent = 0;
  #counted = new Map(); // item → what of it is in the sum

  /* The item as it is now, if it belongs; no more of it if it does not. */
  note(item, belongs) {
    const before = this.#counted.get(item);
    if (before) this.#add(before, -1);
    if (!belongs) {
      this.#counted.delete(item);
      return;
    }
    const now = { size: item.size, sent: item.sent };
    this.#counted.set(item, now);
    this.#add(now, +1);
  }

  #add({ size, sent }, sign) {
    this.count += sign;
    this.size += sign * size;
    this.sent += sign * sent;
  }
}
