import { PyIterator } from '../../python/iterator.ts';

/** An iterator that remembers what it gave: every loop over it begins anew. */
export class MemorizedIterator extends PyIterator {
  readonly #source: Iterator<unknown>;
  readonly #seen: unknown[];
  #position = 0;

  constructor(source: Iterator<unknown>, seen: unknown[] = []) {
    super(source);
    this.#source = source;
    this.#seen = seen;
  }

  override next(): IteratorResult<unknown> {
    if (this.#position < this.#seen.length) {
      this.#position += 1;
      return { done: false, value: this.#seen[this.#position - 1] };
    }
    const step = this.#source.next();
    if (step.done === true) return step;
    this.#seen.push(step.value);
    this.#position += 1;
    return step;
  }

  override [Symbol.iterator](): IterableIterator<unknown> {
    return new MemorizedIterator(this.#source, this.#seen);
  }
}
