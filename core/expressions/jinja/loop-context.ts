/** The `loop` variable of `{% for %}`. */
import { PythonError } from '../../python/errors.ts';
import { toPyTuple } from '../../python/values.ts';
import type { Evaluation } from './evaluation.ts';
import { Callable, HostFunction } from './objects.ts';
import { equals } from './operations.ts';

export class LoopContext extends Callable {
  override readonly typeName = 'LoopContext';
  readonly name = 'loop';
  index0 = 0;
  private readonly all: readonly unknown[];
  private readonly depth0: number;
  private readonly evaluation: Evaluation;
  private readonly recurse: ((items: unknown) => string) | undefined;
  private last: unknown;

  constructor(
    all: readonly unknown[],
    depth0: number,
    evaluation: Evaluation,
    recurse: ((items: unknown) => string) | undefined,
  ) {
    super();
    this.all = all;
    this.depth0 = depth0;
    this.evaluation = evaluation;
    this.recurse = recurse;
  }

  override length(): number {
    return this.all.length;
  }

  override text(): string {
    return `<LoopContext ${this.index0 + 1}/${this.all.length}>`;
  }

  override attribute(name: string): unknown {
    const count = this.all.length;
    switch (name) {
      case 'index':
        return this.index0 + 1;
      case 'index0':
        return this.index0;
      case 'revindex':
        return count - this.index0;
      case 'revindex0':
        return count - this.index0 - 1;
      case 'first':
        return this.index0 === 0;
      case 'last':
        return this.index0 === count - 1;
      case 'length':
        return count;
      case 'depth':
        return this.depth0 + 1;
      case 'depth0':
        return this.depth0;
      case 'previtem':
        return this.index0 > 0 ? this.all[this.index0 - 1] : this.evaluation.undefined('there is no previous item');
      case 'nextitem':
        return this.index0 + 1 < count ? this.all[this.index0 + 1] : this.evaluation.undefined('there is no next item');
      case 'cycle':
        return new HostFunction(name, (args) => this.cycle(args));
      case 'changed':
        return new HostFunction(name, (args) => this.changed(args));
    }
    return undefined;
  }

  call(args: readonly unknown[]): unknown {
    if (this.recurse === undefined) {
      throw new PythonError('TypeError', "The loop must have the 'recursive' marker to be called recursively.");
    }
    return this.recurse(args[0]);
  }

  private cycle(args: readonly unknown[]): unknown {
    if (args.length === 0) throw new PythonError('TypeError', 'no items for cycling given');
    return args[this.index0 % args.length];
  }

  private changed(args: readonly unknown[]): boolean {
    const value = toPyTuple(args);
    if (this.last !== undefined && equals(this.last, value, this.evaluation)) return false;
    this.last = value;
    return true;
  }
}
