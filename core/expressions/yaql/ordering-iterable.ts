import type { Lambda } from './lambda.ts';

/** Compares two items of a sort with the language's own operators. */
export interface Ordering {
  isLess(left: unknown, right: unknown): boolean;
  isGreater(left: unknown, right: unknown): boolean;
}

/** The result of `orderBy`: sorted when first asked for an item, can be iterated again, takes further fields until then. */
export class OrderingIterable implements Iterable<unknown> {
  readonly #items: Iterable<unknown>;
  readonly #ordering: Ordering;
  readonly #fields: { readonly selector: Lambda; readonly ascending: boolean }[] = [];
  #sorted: readonly unknown[] | undefined;

  constructor(items: Iterable<unknown>, ordering: Ordering) {
    this.#items = items;
    this.#ordering = ordering;
  }

  addField(selector: Lambda, ascending: boolean): void {
    this.#fields.push({ selector, ascending });
  }

  [Symbol.iterator](): Iterator<unknown> {
    this.#sorted ??= this.#sort();
    return this.#sorted[Symbol.iterator]();
  }

  /** Keys are computed once an item; the sort is stable. */
  #sort(): unknown[] {
    const rows = Array.from(this.#items, (item) => ({ item, keys: [] as unknown[] }));
    const keyOf = (row: { item: unknown; keys: unknown[] }, field: number): unknown => {
      if (row.keys.length <= field) row.keys.push(this.#fields[field]?.selector.call1(row.item));
      return row.keys[field];
    };
    rows.sort((a, b) => {
      for (let field = 0; field < this.#fields.length; field += 1) {
        const [left, right] = [keyOf(a, field), keyOf(b, field)];
        const sign = this.#ordering.isLess(left, right) ? -1 : this.#ordering.isGreater(left, right) ? 1 : 0;
        if (sign !== 0) return this.#fields[field]?.ascending === true ? sign : -sign;
      }
      return 0;
    });
    return rows.map((row) => row.item);
  }
}
