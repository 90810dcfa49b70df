/** The iterators of filters that look at one item after the other: `map`, `select`, `unique` and their like. */
import type { Evaluation } from './evaluation.ts';
import { PyIterator } from './objects.ts';
import { forEachItem, iterate } from './operations.ts';

/** What a {@link Step} gives for an item that it leaves out. */
export const LEFT_OUT = Symbol('left out');

/** Makes an item of another one, or {@link LEFT_OUT}. */
export type Step = (item: unknown) => unknown;

/**
 * Gives what a step makes of the items of a sequence. As with Python's generators nothing happens before the first item is
 * asked for. Whoever wants all items takes them by {@link PipedIterator.forEach}: a chain of such filters then is one loop of
 * plain calls, in the same order of evaluation as item by item.
 */
export class PipedIterator extends PyIterator {
  private readonly source: unknown;
  /** `undefined` where there is nothing to give at all. */
  private readonly begin: () => Step | undefined;
  private readonly evaluation: Evaluation;
  private isBegun = false;

  constructor(source: unknown, evaluation: Evaluation, begin: () => Step | undefined) {
    super(() => this.oneByOne());
    this.source = source;
    this.evaluation = evaluation;
    this.begin = begin;
  }

  override forEach(evaluation: Evaluation, sink: (item: unknown) => void): void {
    if (this.isBegun) return super.forEach(evaluation, sink);
    this.isBegun = true;
    const step = this.begin();
    if (step === undefined) return;
    forEachItem(this.source, evaluation, (item) => {
      const made = step(item);
      if (made === LEFT_OUT) return;
      evaluation.charge(1);
      sink(made);
    });
  }

  private *oneByOne(): Iterator<unknown> {
    if (this.isBegun) return;
    this.isBegun = true;
    const step = this.begin();
    if (step === undefined) return;
    for (const item of iterate(this.source, this.evaluation)) {
      const made = step(item);
      if (made !== LEFT_OUT) yield made;
    }
  }
}
