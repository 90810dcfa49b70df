import type { Dict } from './dict.ts';
import { dictEntries, dictKeys, dictValues } from './dict.ts';

/**
 * A one-pass iterator: what it has given is gone, and a second use goes on where the first one stopped.
 * Unlike a generator of JavaScript it survives an interrupted loop.
 */
export class PyIterator implements IterableIterator<unknown> {
  readonly #source: Iterator<unknown>;

  constructor(source: Iterator<unknown>) {
    this.#source = source;
  }

  next(): IteratorResult<unknown> {
    return this.#source.next();
  }

  [Symbol.iterator](): IterableIterator<unknown> {
    return this;
  }
}

/** The live result of a dict's `keys()`, `values()` or `items()`; keys and items behave like sets. */
export class PyDictView implements Iterable<unknown> {
  readonly kind: 'keys' | 'values' | 'items';
  readonly dict: Dict;

  constructor(kind: 'keys' | 'values' | 'items', dict: Dict) {
    this.kind = kind;
    this.dict = dict;
  }

  /** The members; pairs of `items()` are arrays of two. */
  toArray(): unknown[] {
    if (this.kind === 'keys') return dictKeys(this.dict);
    if (this.kind === 'values') return dictValues(this.dict);
    return dictEntries(this.dict).map(([key, value]) => [key, value]);
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.toArray()[Symbol.iterator]();
  }
}
