/* Who is next. A linked list, so that no step costs more when ten thousand wait. */

class Chain {
  #links = new Map(); // item → {before, after}
  #first = null;
  #last = null;

  get first() {
    return this.#first;
  }

  get size() {
    return this.#links.size;
  }

  has(item) {
    return this.#links.has(item);
  }

  before(item) {
    return this.#links.get(item)?.before ?? null;
  }

  after(item) {
    return this.#links.get(item)?.after ?? null;
  }

  /* Behind this one; null: at the very front. */
  insert(item, behind) {
    const after = behind ? this.after(behind) : this.#first;
    this.#links.set(item, { before: behind, after });
    this.#join(behind, item);
    this.#join(item, after);
  }

  append(item) {
    this.insert(item, this.#last);
  }

  remove(item) {
    const { before, after } = this.#links.get(item);
    this.#links.delete(item);
    this.#join(before, after);
  }

  #join(before, after) {
    if (before) this.#links.get(before).after = after;
    else this.#first = after;
    if (after) this.#links.get(after).before = before;
    else this.#last = before;
  }

  *[Symbol.iterator]() {
    for (let item = this.#first; item; item = this.after(item)) yield item;
  }
}

/* One order for the eye, and within it one for small files and one for the others: they travel side by
   side. item.place grows along the line. */
export class Line {
  #all = new Chain();
  #kinds = { small: new Chain(), large: new Chain() };
  #end = 0;

  get size() {
    return this.#all.size;
  }

  next(kind) {
    return this.#kinds[kind].first;
  }

  has(item) {
    return this.#all.has(item);
  }

  /* A place behind all others, with room between two: whoever is sent first gets a place there. */
  seat(item) {
    item.place = this.#end += 1024;
  }

  append(item) {
    this.#all.append(item);
    this.#kinds[item.kind].append(item);
  }

  /* Many that have had a place before, each at that place. */
  merge(items) {
    const waiting = [...this.#all];
    for (const item of waiting) this.remove(item);
    const all = [...waiting, ...items].sort((one, other) => one.place - other.place);
    for (const item of all) this.append(item);
  }

  remove(item) {
    this.#all.remove(item);
    this.#kinds[item.kind].remove(item);
  }

  /* To the front, from anywhere. */
  first(item) {
    if (this.#all.first === item) return;
    if (this.has(item)) this.remove(item);
    if (this.#all.first) item.place = this.#all.first.place - 1;
    this.#all.insert(item, null);
    this.#kinds[item.kind].insert(item, null);
  }

  up(item) {
    const other = this.#all.before(item);
    if (other) this.#swap(other, item);
  }

  down(item) {
    const other = this.#all.after(item);
    if (other) this.#swap(item, other);
  }

  /* Neighbours of one kind are neighbours in their own chain too; of two kinds, only the eye sees it. */
  #swap(item, behind) {
    const chains = item.kind === behind.kind ? [this.#all, this.#kinds[item.kind]] : [this.#all];
    for (const chain of chains) {
      chain.remove(item);
      chain.insert(item, behind);
    }
    [item.place, behind.place] = [behind.place, item.place];
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]();
  }
}
