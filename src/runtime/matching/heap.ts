/** Gives its items in order, the first one first. */
export class Heap<Item> {
  readonly #isBefore: (a: Item, b: Item) => boolean;
  #items: Item[] = [];

  /** @param isBefore the order: total, and the same for two items as long as they are here. */
  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  /** Number of items. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds an item. */
  push(item: Item): void {
    const items = this.#items;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = items[parent] as Item;
      if (!this.#isBefore(item, other)) break;
      items[place] = other;
      place = parent;
    }
    items[place] = item;
  }

  /** Takes the first item out; `undefined` when there is none. */
  pop(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return first;
  }

  /** Drops all items but those that are wanted. */
  retain(isWanted: (item: Item) => boolean): void {
    const items = this.#items;
    this.#items = [];
    for (const item of items) if (isWanted(item)) this.push(item);
  }

  /** Puts an item in the place of the first. */
  #sink(item: Item): void {
    const items = this.#items;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#isBefore(items[child + 1] as Item, items[child] as Item)) child++;
      const smaller = items[child] as Item;
      if (!this.#isBefore(smaller, item)) break;
      items[place] = smaller;
      place = child;
    }
    items[place] = item;
  }
}
